"""Reading on every worker: a connection to each, and what it must not answer."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

from benchmarks.chaos.client import BROKEN, Answer, Connection

WORKERS = 4
TRIES_TO_COVER = 6  # new connections at each look, while a worker has none


class Expected(NamedTuple):
    """What an address answers from now on."""

    path: str
    holds: str = ""
    lacks: str = ""
    status: int = 200
    accept: str = "application/json"

    def fits(self, answer: Answer) -> bool:
        text = answer.body.decode()
        return answer.status == self.status and self.holds in text and not (self.lacks and self.lacks in text)


class EveryWorker:
    """A kept connection to each worker that answers; those to new ones are made as they come."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections: dict[str, Connection] = {}
        self.reads = 0
        self.by_way = Counter[str]()  # writes whose outcome was read
        self.stale: list[str] = []

    async def cover(self) -> None:
        for _ in range(TRIES_TO_COVER):
            if len(self.connections) < WORKERS:
                connection = Connection(self.port)
                with suppress(*BROKEN):
                    answer = await connection.ask("GET", "/health_check/live/")  # which no memory answers
                    self.connections.setdefault(answer.headers["x-request-id"].partition("-")[0], connection)

    async def ask(self, expected: list[Expected]) -> list[tuple[Expected, Answer]]:
        """What each worker answers: all of them at once, each asked in order. Those that died are left out."""
        await self.cover()
        answers: list[tuple[Expected, Answer]] = []

        async def one_worker(worker: str, connection: Connection) -> None:
            with suppress(*BROKEN):
                for one in expected:
                    if not connection.is_open():  # opened anew, it might reach another worker
                        break
                    answers.append((one, await connection.ask("GET", one.path, Accept=one.accept)))
                else:
                    return
            del self.connections[worker]

        await asyncio.gather(*(one_worker(*pair) for pair in self.connections.items()))
        return answers

    async def check(self, way: str, expected: list[Expected]) -> None:
        """After a write by this way."""
        told = [(one, answer) for one, answer in await self.ask(expected) if answer.status != 503]
        self.reads += len(told)
        self.by_way[way] += 1
        for one, answer in told:
            if not one.fits(answer):
                wrong = f"{answer.status}, with {one.lacks!r} or without {one.holds!r}"
                self.stale.append(f"{way}: {one.path} as {one.accept}: {wrong}")
