"""What is asked, and whether the answers are right."""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from benchmarks.compare import load
from benchmarks.compare.load import Measured, WrongAnswer
from benchmarks.compare.serving import Running, Shelf
from benchmarks.compare.stacks import LIST

BOOKS, PAGE = 210, 20
JSON, HTML = {"Accept": "application/json"}, {"Accept": "text/html"}
NEW_ADDRESSES = 40_000  # for one measurement: more than anybody answers
BEYOND_ALL = 10**9  # no book has this id: the page after it is the first
SCENARIOS = (
    *("json", "html", "304", "cold json", "cold html", "writes"),
    *("rows json", "rows html", "filter json", "filter html", "book html", "home html"),
)
SIZE_MAY_DIFFER = 0.05  # an address with a longer number in it, a request's own id


@dataclass
class Asked:
    """A server that is asked in every way that it can be."""

    server: Running
    shelf: Shelf
    seconds: int
    fresh: int = field(default_factory=lambda: BEYOND_ALL + int(time.time() * 1000) % 10**9 * 1000)

    def scenarios(self) -> list[str]:
        stack = self.server.stack
        possible = {
            "json": True,
            "html": True,
            "304": bool(self.etag()),
            "cold": stack.cold,
            "writes": stack.writes,
            "rows": stack.rows,
            "filter": stack.new_filter,
            "book": stack.has_pages,
            "home": stack.has_pages,
        }
        return [name for name in SCENARIOS if possible[name.partition(" ")[0]]]

    def etag(self) -> str:
        return self.server.request("GET", LIST, **JSON).headers.get("ETag", "")

    def warm_up(self) -> None:
        for scenario in self.scenarios():
            if scenario.removeprefix("cold ") in {"json", "html"}:
                self.measure(scenario)

    def measure(self, scenario: str) -> Measured:
        self.check()
        command, size = self.command(scenario)
        taken = load.measure(command, {self.server.process.pid, *self.shelf.processes})
        self.check()
        if size and abs(taken.size / size - 1) > SIZE_MAY_DIFFER:
            raise WrongAnswer(f"{scenario}: answers of {taken.size:.0f} bytes instead of {size}")
        return taken

    def command(self, scenario: str) -> tuple[list[str], int]:
        """wrk's, and the size that the answers must have; 0: they differ."""
        url, path, headers = self.server.url, LIST, HTML if scenario.endswith("html") else JSON
        if scenario == "writes":
            arguments = ["writes", self.shelf.writer, str(BOOKS)]
        elif address := self.addresses(scenario):
            arguments = ["distinct", str(self.new_addresses(address))]
            path = address(BEYOND_ALL)
        else:
            arguments = ["same"]
            path = {"book": f"/books/{BOOKS}/", "home": "/"}.get(scenario.partition(" ")[0], path)
        if scenario == "304":
            headers = {**headers, "If-None-Match": self.etag()}
        status, size = self.look(path, headers)
        if status != (304 if scenario == "304" else 200):
            raise WrongAnswer(f"{scenario}: {status} at {path}")
        command = load.wrk(url + path, *arguments, seconds=self.seconds, headers=headers)
        differs = scenario == "writes" or scenario.startswith(("rows", "filter "))
        return command, 0 if differs else size

    def addresses(self, scenario: str) -> Callable[[int], str] | None:
        """Where there is another address for each request."""
        stack = self.server.stack
        of_kinds = {"cold": stack.cold, "rows": stack.rows, "filter": stack.new_filter}
        return of_kinds.get(scenario.partition(" ")[0])

    def new_addresses(self, address: Callable[[int], str]) -> Path:
        file = self.shelf.folder / "addresses"
        numbers = range(self.fresh, self.fresh + NEW_ADDRESSES)
        file.write_text("".join(f"{address(number)}\n" for number in numbers))
        self.fresh += NEW_ADDRESSES
        return file

    def look(self, path: str, headers: dict[str, str]) -> tuple[int, int]:
        """Status, and bytes on the wire."""
        answer = self.server.request("GET", path, **headers)
        head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        return answer.status, len("HTTP/1.1 200 OK\r\n\r\n") + head + len(answer.body)

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
    """Write down what this server answers, for the bare one to send."""
    kinds = {"json": JSON, "html": HTML}
    if etag := asked.etag():
        kinds["304"] = {**JSON, "If-None-Match": etag}
    kept = {}
    for kind, headers in kinds.items():
        answer = asked.server.request("GET", LIST, **headers)
        own = [pair for pair in answer.headers.items() if pair[0].lower() not in {"date", "server"}]  # uvicorn's
        kept[kind] = answer.status, own, b64encode(answer.body).decode()
        if kind == "html":
            keep_page(asked.shelf.folder, answer.body.decode())
    (asked.shelf.folder / "answers.json").write_text(json.dumps(kept))


def keep_page(folder: Path, page: str) -> None:
    """What stands around the list, for the others to send too."""
    before, begin, rest = page.partition('<ol class="books" data-rows>')
    _, end, after = rest.partition("</ol>")
    (folder / "before.html").write_text(before + begin)
    (folder / "after.html").write_text(end + after)
