"""Reading on every worker: a connection to each, and what it must not answer."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
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


@dataclass
class Findings:
    reads: int = 0
    by_way: Counter[str] = field(default_factory=Counter)  # writes whose outcome was read
    others: Counter[str] = field(default_factory=Counter)  # what told nothing: refused, broken
    stale: list[str] = field(default_factory=list)


class EveryWorker:
    """A kept connection to each worker that answers; those to new ones are made as they come."""

    def __init__(self, port: int, findings: Findings) -> None:
        self.port, self.findings = port, findings
        self.connections: dict[str, Connection] = {}

    async def cover(self) -> None:
        for _ in range(TRIES_TO_COVER):
            if len(self.connections) == WORKERS:
                return
            connection = Connection(self.port)
            with suppress(*BROKEN):
                answer = await connection.ask("GET", "/health_check/live/")  # which no memory answers
                worker = answer.headers["x-request-id"].partition("-")[0]
                if worker not in self.connections:
                    self.connections[worker] = connection
                    continue
            connection.close()

    async def ask(self, expected: Iterable[Expected]) -> list[tuple[Expected, Answer | None]]:
        """What each worker answers: all of them at once, each asked in order."""
        await self.cover()

        async def one_worker(worker: str) -> list[tuple[Expected, Answer | None]]:
            return [(one, await self._get(worker, one)) for one in expected]

        answers = await asyncio.gather(*map(one_worker, [*self.connections]))
        return [answer for some in answers for answer in some]

    async def check(self, way: str, expected: Iterable[Expected]) -> None:
        """After a write by this way."""
        for one, answer in await self.ask(expected):
            if answer is None or answer.status == 503:
                self.findings.others["broken" if answer is None else answer.kind] += 1
                continue
            self.findings.reads += 1
            if not one.fits(answer):
                wrong = f"{answer.status}, with {one.lacks!r} or without {one.holds!r}"
                self.findings.stale.append(f"{way}: {one.path} as {one.accept}: {wrong}")
        self.findings.by_way[way] += 1

    async def _get(self, worker: str, one: Expected) -> Answer | None:
        connection = self.connections.get(worker)
        # What would be opened anew might reach another worker.
        if connection and connection.reader and not connection.reader.at_eof():
            with suppress(*BROKEN):
                return await connection.ask("GET", one.path, Accept=one.accept)
        self.connections.pop(worker, None)
        return None
