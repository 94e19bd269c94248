"""Changing books by the API, a form, an import or SQL; each way ends when the change has been acknowledged."""

import asyncio
import itertools
import json
import random
import time
from http.client import HTTPException
from urllib.parse import urlencode

from benchmarks.chaos.client import BROKEN, Answer, Connection, book
from benchmarks.chaos.reading import EveryWorker, Expected
from tests.server.catalogue import Catalogue
from tests.server.owner import ENDED, Owner

FORM = "application/x-www-form-urlencoded"
HTML = "text/html"
NEWEST = "/books/?sort=-added&size=100"
REST = 2.0  # seconds of an importer between two imports
numbers = itertools.count(1)


class NotWritten(Exception):
    """The write was refused, or its connection broke: it is tried again with another text."""


def new_title() -> str:
    return f"Fresh{next(numbers):06}"  # one word, which no page parts


def search(title: str) -> str:
    return f"/books/?{urlencode({'q': title})}"


class Writer:
    """Has a book of its own, so that it knows what the book must be."""

    def __init__(self, catalogue: Catalogue, owner: Owner, readers: EveryWorker) -> None:
        self.catalogue, self.owner, self.readers = catalogue, owner, readers
        self.path, self.title = "", ""

    async def run(self, end: float) -> None:
        ways = [*[self.patch] * 8, *[self.form] * 2, *[self.sql] * 4, *[self.replace] * 2]
        while time.monotonic() < end:
            way, title = random.choice(ways) if self.path else self.replace, new_title()
            try:
                await self.readers.ask(self.expected(title))
                await way(title)
                await self.readers.check(way.__name__, self.expected(title))
                self.title = title
            except (NotWritten, *BROKEN):
                await asyncio.sleep(0.1)

    def expected(self, title: str) -> list[Expected]:
        """Where the book is read once it has this title: at its own URL and in lists, every other title as a page."""
        accept = (HTML, "application/json")[int(title[-1]) % 2]
        own = [Expected(self.path, title, accept=accept)] if self.path else []  # its page tells old titles too
        return [*own, Expected(NEWEST, title, self.title, accept=accept), Expected(search(title), title)]

    async def patch(self, title: str) -> None:
        await self._ask("PATCH", self.path, json.dumps({"title": title}).encode(), status=200)

    async def form(self, title: str) -> None:
        """What a browser sends."""
        seen = json.loads((await self._ask("GET", self.path, status=200)).body)
        typed = urlencode({"title": title, "authors": "A. Writer", "version": seen["version"]}).encode()
        await self._ask("POST", f"{self.path}edit/", typed, status=303, Content_Type=FORM, Accept=HTML)

    async def sql(self, title: str) -> None:
        """As another program does it."""
        statement = "UPDATE books_book SET title = ?, version = version + 1 WHERE id = ?"
        await asyncio.to_thread(self.catalogue.sql, statement, title, int(self.path.split("/")[2]))

    async def replace(self, title: str) -> None:
        """Delete the book, and add another."""
        old = self.path, self.title
        self.path = self.title = ""  # whether or not the answer comes
        if old[0]:
            await self._ask("DELETE", old[0], status=204)
            await self.readers.check("delete", [Expected(old[0], status=404), Expected(NEWEST, lacks=old[1])])
        answer = await self._ask("POST", "/books/", book(title), status=201)
        self.path = answer.headers["location"]

    async def _ask(self, method: str, path: str, body: bytes = b"", *, status: int, **headers: str) -> Answer:
        connection = Connection(self.owner.port, self.owner.token)
        answer = await connection.ask(method, path, body, Connection="close", **headers)
        if answer.status != status:
            raise NotWritten(answer.status)
        return answer


class Importer:
    """Gives its books other titles by importing them again."""

    def __init__(self, owner: Owner, readers: EveryWorker) -> None:
        self.owner, self.readers = owner, readers
        self.title = new_title()

    async def run(self, end: float) -> None:
        while time.monotonic() < end:
            title = new_title()
            expected = [Expected(NEWEST, title, self.title), Expected(search(self.title), lacks=f'"{self.title} 7"')]
            await self.readers.ask(expected)
            lines = "".join(f"{title} {number},An Importer,imported:{number}\n" for number in range(20))
            if await self._imported(f"title,authors,source_key\n{lines}".encode()):
                self.title = title
                await self.readers.check("import", expected)
            await asyncio.sleep(REST)

    async def _imported(self, file: bytes) -> bool:
        """False if a worker was killed that was asked."""
        key = f"import-{next(numbers)}"
        try:
            await asyncio.to_thread(self.owner.start_import, key, file)
            job = await asyncio.to_thread(self.owner.wait_for_status, key, *ENDED)
        except (OSError, HTTPException, ValueError, KeyError):
            return False
        return bool(job["status"] == "succeeded")
