"""The least HTTP client that tells an answer, a refusal and a broken connection apart."""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Container
from dataclasses import dataclass

PATIENCE = 90.0  # seconds for one answer
BROKEN = (OSError, EOFError, TimeoutError)  # IncompleteReadError is an EOFError


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes = b""


class Connection:
    """One connection to the catalogue, kept open between requests as long as the server does."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port, self.token = port, token
        self.reader: asyncio.StreamReader | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self.begin(method, path, body, **headers)
                assert self.reader
                if "content-length" in answer.headers:
                    answer.body = await self.reader.readexactly(int(answer.headers["content-length"]))
                else:
                    answer.body = b"".join([chunk async for chunk in self._chunks(self.reader)])
        except BROKEN:
            self.close()
            raise
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    async def begin(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """The answer without its body, which may have no end."""
        if not self.is_open():  # what was closed while nothing was asked is opened anew, as every client does
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        if body:
            headers.setdefault("Content_Type", "application/json")
            head += f"Content-Length: {len(body)}\r\n"
        head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.writer.write(f"{head}\r\n".encode() + body)
        assert self.reader
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        return Answer(int(first.split()[1]), {name.lower(): value for name, value in pairs})

    async def _chunks(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """Ends where the server ended it; an EOFError where it was cut."""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            yield (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)

    def is_open(self) -> bool:
        return self.reader is not None and not self.reader.at_eof() and not self.writer.is_closing()

    async def add_book(self, title: str, key: str) -> Answer:
        return await self.ask("POST", "/books/", book(title), Idempotency_Key=key)

    def close(self) -> None:
        if self.reader:
            self.writer.close()
        self.reader = None


async def counted(seen: Counter[str], asking: Awaitable[Answer]) -> Answer | None:
    """The answer, or None where the connection broke; either is counted."""
    try:
        answer = await asking
    except BROKEN as error:
        seen[type(error).__name__] += 1
        return None
    seen[kind_of(answer.status, answer.headers)] += 1
    return answer


def kind_of(status: int, headers: Container[str]) -> str:
    """200, 201, 503 …; a 503 that does not say when to come back is told apart."""
    return f"{status} without Retry-After" if status == 503 and "retry-after" not in headers else str(status)


def book(title: str) -> bytes:
    return json.dumps({"title": title, "authors": ["A. Writer"]}).encode()


def new_key() -> str:
    return uuid.uuid4().hex
