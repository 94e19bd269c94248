"""The least HTTP client that tells an answer, a refusal and a broken connection apart."""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any

PATIENCE = 90.0  # seconds for one answer
BROKEN = (OSError, EOFError, TimeoutError)  # IncompleteReadError is an EOFError


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """200, 201, 503 …; a 503 that does not say when to come back is told apart."""
        silent = self.status == 503 and "retry-after" not in self.headers
        return f"{self.status}{' without Retry-After' if silent else ''}"


class Connection:
    """One connection to the catalogue, kept open between requests as long as the server does."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port, self.token = port, token
        self.reader: asyncio.StreamReader | None = None

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        # What was closed while nothing was asked is opened anew, as every client does.
        if self.reader is None or self.reader.at_eof() or self.writer.is_closing():
            await self.open()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        if body:
            headers.setdefault("Content_Type", "application/json")
            head += f"Content-Length: {len(body)}\r\n"
        head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.writer.write(f"{head}\r\n".encode() + body)

    async def head(self) -> tuple[int, dict[str, str]]:
        assert self.reader
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return int(first.split()[1]), {name.lower(): value for name, value in headers.items()}

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                await self.send(method, path, body, **headers)
                answer = await self._answer()
        except BROKEN:
            self.close()
            raise
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    async def _answer(self) -> Answer:
        assert self.reader
        status, received = await self.head()
        if "content-length" in received:
            content = await self.reader.readexactly(int(received["content-length"]))
        else:
            content = b"".join([chunk async for chunk in self.chunks()])
        return Answer(status, received, content)

    async def chunks(self) -> AsyncIterator[bytes]:
        """What a chunked answer brings. Ends where the server ended it; an EOFError where it was cut."""
        assert self.reader
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)

    async def add_book(self, title: str, key: str) -> Answer:
        return await self.ask("POST", "/books/", book(title), Idempotency_Key=key)

    def close(self) -> None:
        if self.reader:
            self.writer.close()
        self.reader = None

    def abort(self) -> None:
        """Vanish without a word."""
        if self.reader:
            self.writer.transport.abort()
        self.reader = None


async def counted(seen: Counter[str], asking: Awaitable[Answer]) -> Answer | None:
    """The answer, or None where the connection broke; either is counted."""
    try:
        answer = await asking
    except BROKEN as error:
        seen[type(error).__name__] += 1
        return None
    seen[answer.kind] += 1
    return answer


def book(title: str) -> bytes:
    values: dict[str, Any] = {"title": title, "authors": ["A. Writer"]}
    return json.dumps(values).encode()


def new_key() -> str:
    return uuid.uuid4().hex
