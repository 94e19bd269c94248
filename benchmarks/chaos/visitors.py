"""Visitors who search and add books for a while, and what they were answered."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

from benchmarks.chaos.client import Answer, Connection, counted, new_key

TITLE = "Visitorbook"  # how the titles of the added books begin: no other book has the word
WORDS = "the kokoro war peace sea night tower letters garden winter".split()
PAUSE = 0.02  # seconds of each visitor between two requests


class Visits:
    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.is_over = False
        self.seen = Counter[str]()
        self.written: dict[str, float] = {}  # the titles that were acknowledged, and when
        self.latencies: list[float] = []  # seconds of each search
        self.refused_at: list[float] = []  # by the clock that is never set

    async def search(self) -> None:
        connection = Connection(self.port)
        while not self.is_over:
            began = time.monotonic()
            await self._ask(connection.ask("GET", f"/books/?q={random.choice(WORDS)}&size={random.randint(1, 100)}"))
            self.latencies.append(time.monotonic() - began)
            await asyncio.sleep(PAUSE)

    async def write(self, writer: int) -> None:
        """Add one book after the other; what failed is sent again with its Idempotency-Key."""
        connection = Connection(self.port, self.token)
        for number in itertools.count(1):
            title, key = f"{TITLE} {writer} {number}", new_key()
            while title not in self.written:
                if self.is_over:
                    return
                answer = await self._ask(connection.add_book(title, key))
                if answer and answer.status == 201:
                    self.written[title] = time.time()
                await asyncio.sleep(PAUSE)

    async def _ask(self, asking: Awaitable[Answer]) -> Answer | None:
        answer = await counted(self.seen, asking)
        if answer is None or answer.status >= 300:
            self.refused_at.append(time.monotonic())
        return answer


@asynccontextmanager
async def visiting(port: int, token: str, *, readers: int = 0, writers: int) -> AsyncIterator[Visits]:
    """They come when the block begins, and end with it."""
    visits = Visits(port, token)
    async with asyncio.TaskGroup() as group:
        for _ in range(readers):
            group.create_task(visits.search())
        for number in range(writers):
            group.create_task(visits.write(number))
        yield visits
        visits.is_over = True
