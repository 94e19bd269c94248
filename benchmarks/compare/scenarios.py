"""What is asked, and whether the answers are right."""

import json
import time
from base64 import b64encode
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from benchmarks.compare import load
from benchmarks.compare.load import Measured, WrongAnswer
from benchmarks.compare.serving import Shelf
from benchmarks.compare.stacks import LIST, Stack
from tests.server.running import Server

BOOKS, PAGE = 210, 20
JSON, HTML = {"Accept": "application/json"}, {"Accept": "text/html"}
NEW_ADDRESSES = 40_000  # for one measurement: more than anybody answers
BEYOND_ALL = 10**9  # no book has this id: the page after it is the first
SCENARIOS = {  # and how the table calls them
    "json": "JSON",
    "html": "page",
    "304": "304",
    "cold json": "JSON, new address",
    "cold html": "page, new address",
    "writes": "1 % writes",
    "rows json": "JSON, other rows",
    "rows html": "page, other rows",
    "filter json": "JSON, new filter",
    "filter html": "page, new filter",
    "book html": "a book's page",
    "home html": "home",
}


@dataclass
class Asked:
    """A server that is asked in every way that it can be."""

    server: Server
    stack: Stack
    shelf: Shelf
    seconds: int
    fresh: int = field(default_factory=lambda: BEYOND_ALL + int(time.time() * 1000) % 10**9 * 1000)

    def scenarios(self) -> list[str]:
        kinds = {"json", "html", *self.stack.kinds.split()}
        return [name for name in SCENARIOS if name.partition(" ")[0] in kinds]

    def etag(self) -> str:
        return self.server.request("GET", LIST, **JSON).headers.get("ETag", "")

    def warm_up(self) -> None:
        for scenario in self.scenarios():
            if scenario.removeprefix("cold ") in {"json", "html"}:
                self.measure(scenario)

    def measure(self, scenario: str) -> Measured:
        self.check()
        kind, headers = scenario.partition(" ")[0], HTML if scenario.endswith("html") else JSON
        path = {"book": f"/books/{BOOKS}/", "home": "/"}.get(kind, LIST)
        if kind == "304":
            headers = {**headers, "If-None-Match": self.etag()}
        status = self.server.request("GET", path, **headers).status
        if status != (304 if kind == "304" else 200):
            raise WrongAnswer(f"{scenario}: {status} at {path}")
        file = [str(self.addresses(kind))] if kind in {"cold", "rows", "filter", "writes"} else []
        ours = {self.server.process.pid, *self.shelf.processes}
        taken = load.measure(self.server.url + path, *file, seconds=self.seconds, headers=headers, ours=ours)
        self.check()
        return taken

    def addresses(self, kind: str) -> Path:
        """A file with what is asked by each request."""
        file = self.shelf.folder / "addresses"
        numbers = range(self.fresh, self.fresh + NEW_ADDRESSES)
        file.write_text("".join(f"{self.address(kind, number)}\n" for number in numbers))
        self.fresh += NEW_ADDRESSES
        return file

    def address(self, kind: str, number: int) -> str:
        if kind == "writes":
            return LIST if number % 100 else f"/books/{number // 100 % BOOKS + 1}/ {self.shelf.writer}"
        if kind == "filter":
            return f"/books/?year={number % 3000 - 2000}..{number // 3000 % 90 + 1930}&sort=-added"
        return f"{LIST}&after={self.stack.place(number if kind == 'cold' else number % 190 + 21)}"

    def check(self) -> None:
        """Whether it serves the very page: the 20 newest books, and their number."""
        answer = self.server.request("GET", LIST, **JSON)
        listed = answer.json if answer.status == 200 else {}
        books = listed.get("books", [])
        if [book["id"] for book in books] != list(range(BOOKS, BOOKS - PAGE, -1)):
            raise WrongAnswer(f"{answer.status}, not the newest books: {answer.body[:300]!r}")
        if listed["count"] != BOOKS:
            raise WrongAnswer(f"it counts {listed['count']} books")
        page = self.server.request("GET", LIST, **HTML)
        missing = [book["title"] for book in books if book["title"] not in unescape(page.body.decode())]
        if page.status != 200 or missing:
            raise WrongAnswer(f"{page.status}, its page lacks {missing}")


def keep_answers(asked: Asked) -> None:
    """Write down what this server answers, for the bare one to send, and what is around its list, for the others."""
    kept = {}
    for kind, headers in {"json": JSON, "html": HTML, "304": {**JSON, "If-None-Match": asked.etag()}}.items():
        answer = asked.server.request("GET", LIST, **headers)
        own = [pair for pair in answer.headers.items() if pair[0].lower() not in {"date", "server"}]  # uvicorn's
        kept[kind] = answer.status, own, b64encode(answer.body).decode()
        if kind == "html":
            before, begin, rest = answer.body.decode().partition('<ol class="books" data-rows>')
            _, end, after = rest.partition("</ol>")
            (asked.shelf.folder / "before.html").write_text(before + begin)
            (asked.shelf.folder / "after.html").write_text(end + after)
    (asked.shelf.folder / "answers.json").write_text(json.dumps(kept))
