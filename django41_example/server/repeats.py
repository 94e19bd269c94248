"""Requests that come again in the very same bytes, answered from memory without being read once more.

A browser, a script or a robot asks for an address in the same words each time. What they ask for is found out once, on
the way that all requests go (protocol, ASGI, KeptAnswers); from then on their bytes stand for it.
"""

import asyncio
from typing import Any, NamedTuple

from django41_example.server.answer import Key

LONGEST = 1000  # bytes of a request that is worth a place
MOST = 500  # of them; robots with words of their own would else fill the memory


class Asked(NamedTuple):
    """What a request asks for: an answer, in a coding, unless it is one of those that the client has."""

    key: Key
    coding: bytes
    known: bytes | None


class Repeats:
    """What is asked for in which bytes; `kept` (KeptAnswers) has the answers.

    Each request has the revision confirmed after it has arrived: once for all that came in one turn of the event loop.
    """

    def __init__(self, kept: Any) -> None:
        self.kept = kept
        self.asked: dict[bytes, Asked] = {}
        self.waiting: list[tuple[Any, bytes, Asked]] = []
        self.answering: asyncio.Task[None] | None = None  # the latest

    def remember(self, request: bytes, asked: Asked) -> None:
        if len(self.asked) >= MOST:
            self.asked.clear()
        self.asked[request] = asked

    def answer(self, connection: Any, request: bytes, asked: Asked) -> None:
        """Soon call the connection's `answer_repeat`: with what to send, or with None if it is not held any more."""
        self.waiting.append((connection, request, asked))
        if len(self.waiting) == 1:
            self.answering = connection.loop.create_task(self._answer())

    async def _answer(self) -> None:
        requests, self.waiting = self.waiting, []
        number = await self.kept.confirm()
        for connection, request, asked in requests:
            connection.answer_repeat(request, self.kept.ready(asked, number))


def is_repeatable(data: bytes) -> bool:
    """Whether what has arrived is one request, and nothing but that."""
    return len(data) <= LONGEST and data.startswith(b"GET ") and data.find(b"\r\n\r\n") == len(data) - 4
