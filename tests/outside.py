"""A server outside, on loopback, that behaves as it is told: well, or badly in each way that servers know."""

import asyncio
import json
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import override_settings

ISBN = "9780306406157"
BOOKS, SEARCH, GOOGLE = "/api/books", "/search.json", "/books/v1/volumes"

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answers(body: bytes, status: str = "200 OK", *headers: str) -> Behaviour:
    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return answer


def knows(value: Any) -> Behaviour:
    return answers(json.dumps(value).encode(), "200 OK", "Content-Type: application/json")


def refuses(status: int, *headers: str) -> Behaviour:
    return answers(b"", f"{status} No", *headers)


def leads_to(address: str) -> Behaviour:
    return refuses(302, f"Location: {address}")


def pours(*headers: str, part: bytes, pause: float = 0) -> Behaviour:
    """Sends the same again and again, without an end."""

    async def pour(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode())
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return pour


def raw(text: bytes) -> Behaviour:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(text)

    return send


async def says_nothing(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def hangs_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def bomb() -> bytes:
    """100 MiB of blanks in 100 kB, as gzip. After a full flush each MiB is packed alike: so it is packed twice only."""
    packer = zlib.compressobj(wbits=31)
    first, other = (packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + 99 * other


SLOW = pours("Content-Length: 100", part=b" ", pause=0.1)
ENDLESS = pours(part=b" " * 65536)
BOMB = answers(bomb(), "200 OK", "Content-Encoding: gzip")
BROKEN = answers(b'{"half": ')
DEEP = answers(b"[" * 100_000 + b"]" * 100_000)
BUSHY = answers(b"[" + b"[]," * 300_000 + b"[]]")


class Outside:
    """The server. `does` says how each path is answered; `asked` is what came: (path, query, headers, when); with what
    bodies say `forms`."""

    def __init__(self) -> None:
        self.does: dict[str, Behaviour] = {}
        self.asked: list[tuple[str, dict[str, str], dict[str, str], float]] = []
        self.forms: list[dict[str, str]] = []
        self.loop = asyncio.new_event_loop()
        self.open: set[asyncio.Task[None]] = set()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(60)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.open.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            address = urlsplit(first.split()[1])
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            if length := int(headers.get("content-length", 0)):
                sent = parse_qs((await reader.readexactly(length)).decode())
                self.forms.append({name: values[0] for name, values in sent.items()})
            self.asked.append((address.path, query, headers, time.monotonic()))
            await self.does.get(address.path, refuses(404))(writer)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()
        self.open.discard(task)

    @property
    def paths(self) -> list[str]:
        return [path for path, *_ in self.asked]

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self.loop).result(60)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(60)
        self.loop.close()

    async def _stop(self) -> None:
        self.server.close()
        open_now = list(self.open)
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)


@contextmanager
def outside(**settings: Any) -> Iterator[Outside]:
    """The server, which our own asks instead of the real ones: as often as it likes, and with patience, since a busy
    machine answers late."""
    server = Outside()
    ours = {"OPENLIBRARY_URL": server.url, "GOOGLE_BOOKS_URL": server.url, "GOOGLE_BOOKS_KEY": ""}
    limits = {"LOOKUP_RATE": 1000, "LOOKUP_SECONDS": 60, "LOOKUP_PATIENCE": 60}
    try:
        with override_settings(**{**ours, **limits, **settings}):
            yield server
    finally:
        server.close()


def edition(isbn13: str = ISBN, **details: Any) -> Behaviour:
    """What the books API answers, in the shape that its documentation shows."""
    given = {
        "title": "The Example",
        "subtitle": "A Book of Samples",
        "authors": [{"key": "/authors/OL1A", "name": "Ann Author"}],
        "publishers": ["Sample Press", "Other Press"],
        "publish_date": "March 2009",
        "number_of_pages": 320,
        "languages": [{"key": "/languages/eng"}],
        "subjects": ["Samples", "Examples"],
        "series": ["Great Samples ; 7"],
        "description": {"type": "/type/text", "value": "Of samples."},
    }
    return knows({f"ISBN:{isbn13}": {"bib_key": f"ISBN:{isbn13}", "details": {**given, **details}}})


def work(**doc: Any) -> Behaviour:
    return knows({"numFound": 1, "start": 0, "docs": [{"title": "The Example", "first_publish_year": 1984, **doc}]})


def volume(isbn13: str = ISBN, **info: Any) -> Behaviour:
    numbers = [{"type": "ISBN_13", "identifier": isbn13}]
    given = {"title": "The Example", "industryIdentifiers": numbers, "language": "en", **info}
    return knows({"kind": "books#volumes", "totalItems": 1, "items": [{"id": "x", "volumeInfo": given}]})
