"""Changing a book in every way that there is; each way ends when the change has been acknowledged."""

import asyncio
import http.client
import itertools
import json
import random
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from benchmarks.chaos.catalogue import OWNER, Catalogue
from benchmarks.chaos.client import BROKEN, Answer, Connection, book
from benchmarks.chaos.owner import ENDED, Owner
from benchmarks.chaos.reading import EveryWorker, Expected

FORM = "application/x-www-form-urlencoded"
HTML = "text/html"
NEWEST = "/books/?sort=-added&size=100"
REST = 2.0  # seconds of an importer between two imports
numbers = itertools.count(1)


class NotWritten(Exception):
    """The write was refused, or its connection broke: it is tried again with another text."""


def new_title() -> str:
    return f"Fresh{next(numbers):06}"  # one word, which no page parts


def shown(pk: int, title: str, lacks: str = "") -> list[Expected]:
    """Where a changed book is read: its own address and lists, one of them as a page."""
    # Its page tells of the old title too, in its history.
    detail = Expected(f"/books/{pk}/", title, accept=random.choice((HTML, "application/json")))
    lists = Expected(NEWEST, title, lacks), Expected(NEWEST, title, lacks, accept=HTML), Expected("/", accept=HTML)
    new = Expected(f"/books/?{urlencode({'q': title})}", title)
    old = Expected(f"/books/?{urlencode({'q': lacks})}", lacks=lacks) if lacks else detail
    return [detail, random.choice((*lists[:2], new, old))]


class Writer:
    """Has a book of its own, so that it knows what the book must be."""

    def __init__(self, catalogue: Catalogue, owner: Owner, cookie: str, readers: EveryWorker) -> None:
        self.catalogue, self.owner, self.cookie, self.readers = catalogue, owner, cookie, readers
        self.book, self.title = 0, new_title()

    async def begin(self) -> None:
        answer = await self.owner.ask("POST", "/books/", book(self.title))
        self.book = json.loads(answer.body)["id"]

    async def run(self, end: float) -> None:
        ways: list[Callable[[str], Awaitable[None]]] = [
            *[self.patch] * 8, *[self.put] * 3, *[self.form] * 2, *[self.sql] * 4,
        ]  # fmt: skip
        while time.monotonic() < end:
            try:
                if random.random() < 0.15:
                    await self.add_and_delete()
                else:
                    await self.change(random.choice(ways))
            except (NotWritten, *BROKEN) as error:
                self.readers.findings.others[f"not written, {error!r}"[:60]] += 1
                await asyncio.sleep(0.1)

    async def change(self, way: Callable[[str], Awaitable[None]]) -> None:
        title = new_title()
        expected = shown(self.book, title, self.title)
        await self.readers.ask(expected)
        await way(title)
        self.title = title
        await self.readers.check(way.__name__, expected)

    async def add_and_delete(self) -> None:
        title = new_title()
        lists = [Expected(NEWEST, title), Expected(f"/books/?{urlencode({'q': title})}", title)]
        await self.readers.ask(lists)
        answer = await self._ask("POST", "/books/", book(title), statuses={201})
        address = answer.headers["location"]
        await self.readers.check("post", [*lists, Expected(address, title)])
        await self._ask("DELETE", address, statuses={204, 200})
        gone = [Expected(one.path, lacks=title) for one in lists]
        await self.readers.check("delete", [Expected(address, lacks=title, status=404), *gone])

    async def patch(self, title: str) -> None:
        await self._ask("PATCH", f"/books/{self.book}/", json.dumps({"title": title}).encode(), statuses={200})

    async def put(self, title: str) -> None:
        await self._ask("PUT", f"/books/{self.book}/", book(title), statuses={200})

    async def form(self, title: str) -> None:
        """What a browser sends."""
        seen = json.loads((await self._ask("GET", f"/books/{self.book}/", statuses={200})).body)
        typed = urlencode({"title": title, "authors": "A. Writer", "version": seen["version"]}).encode()
        connection, path = Connection(self.catalogue.port), f"/books/{self.book}/edit/"
        answer = await connection.ask("POST", path, typed, Content_Type=FORM, Accept=HTML, Cookie=self.cookie)
        connection.close()
        if answer.status != 303:
            raise NotWritten(answer.status)

    async def sql(self, title: str) -> None:
        """As another program does it."""
        statement = "UPDATE books_book SET title = ?, version = version + 1 WHERE id = ?"
        await asyncio.to_thread(self.catalogue.sql, statement, title, self.book)

    async def _ask(self, method: str, path: str, body: bytes = b"", *, statuses: set[int]) -> Answer:
        answer = await self.owner.ask(method, path, body)
        if answer.status not in statuses:
            raise NotWritten(answer.status)
        return answer


class Importer:
    """Gives its books other titles by importing them again, as a command or as a job."""

    def __init__(self, catalogue: Catalogue, owner: Owner, readers: EveryWorker, *, as_job: bool) -> None:
        self.catalogue, self.owner, self.readers = catalogue, owner, readers
        self.way = "job" if as_job else "command"
        self.title = new_title()

    async def run(self, end: float) -> None:
        while time.monotonic() < end:
            title = new_title()
            search = f"/books/?{urlencode({'q': self.title})}"
            expected = [Expected(NEWEST, title, self.title), Expected(search, lacks=f'"{self.title} 7"')]
            await self.readers.ask(expected)
            lines = "".join(f"{title} {number},An Importer,{self.way}:{number}\n" for number in range(20))
            file = f"title,authors,source_key\n{lines}".encode()
            try:
                await (self._job(file) if self.way == "job" else asyncio.to_thread(self._command, file))
            except (NotWritten, *BROKEN):
                continue
            self.title = title
            await self.readers.check(f"import as a {self.way}", expected)
            await asyncio.sleep(REST)

    async def _job(self, file: bytes) -> None:
        key = f"import-{next(numbers)}"
        await self.owner.start_import(key, file)
        while True:  # the worker that is asked may be killed
            try:
                job, _ = await self.owner.wait_for(key, *ENDED)
                break
            except (*BROKEN, ValueError, KeyError):
                await asyncio.sleep(0.1)
        if job["status"] != "succeeded":
            raise NotWritten(job["error"])

    def _command(self, file: bytes) -> None:
        path = self.catalogue.folder / "again.csv"
        path.write_bytes(file)
        self.catalogue.manage("import_books", str(path), "--verbosity", "0")


def sign_in(catalogue: Catalogue) -> str:
    """The owner's cookie."""
    typed = {"username": "owner", "password": OWNER["DJANGO_SUPERUSER_PASSWORD"]}
    connection = http.client.HTTPConnection("127.0.0.1", catalogue.port)
    connection.request("POST", "/accounts/login/", urlencode(typed), {"Content-Type": FORM, "Accept": HTML})
    cookies = connection.getresponse().headers.get_all("Set-Cookie", [])
    connection.close()
    return next(cookie.partition(";")[0] for cookie in cookies if cookie.startswith("sessionid="))
