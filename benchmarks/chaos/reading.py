"""Reading on every worker: a connection to each, and what it must not answer."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos.catalogue import Catalogue
from benchmarks.chaos.client import BROKEN, Answer, Connection

TRIES_TO_COVER = 6  # new connections at each look, while a worker has none


@dataclass(frozen=True)
class Expected:
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
    others: Counter[str] = field(default_factory=Counter)  # reads that told nothing: refused, broken
    stale: list[str] = field(default_factory=list)


class EveryWorker:
    """A kept connection to each worker that answers; those to new ones are made as they come."""

    def __init__(self, catalogue: Catalogue, findings: Findings) -> None:
        self.catalogue, self.findings = catalogue, findings
        self.connections: dict[int, Connection] = {}

    async def cover(self) -> None:
        alive = set(self.catalogue.workers())
        for pid in self.connections.keys() - alive:
            self.connections.pop(pid).close()
        for _ in range(TRIES_TO_COVER):
            if not alive - self.connections.keys():
                return
            connection = Connection(self.catalogue.port)
            with suppress(*BROKEN):
                await connection.ask("GET", "/health_check/live/")
                pid = owner_of(connection, alive)
                if pid and pid not in self.connections:
                    self.connections[pid] = connection
                    continue
            connection.close()

    async def ask(self, expected: Iterable[Expected]) -> list[tuple[Expected, Answer | None]]:
        """What each worker answers: all of them at once, each asked in order."""
        await self.cover()

        async def one_worker(pid: int) -> list[tuple[Expected, Answer | None]]:
            return [(one, await self._get(pid, one)) for one in expected]

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

    async def _get(self, pid: int, one: Expected) -> Answer | None:
        connection = self.connections.get(pid)
        # What would be opened anew might reach another worker.
        if connection is None or connection.reader is None or connection.reader.at_eof():
            return None
        try:
            return await connection.ask("GET", one.path, Accept=one.accept)
        except BROKEN:
            self.connections.pop(pid, Connection(0)).close()
            return None

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()


def owner_of(connection: Connection, among: Iterable[int]) -> int | None:
    """The process that holds the other end."""
    here = connection.writer.get_extra_info("sockname")[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, *rest = line.split()
        ports = int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)
        if ports == (connection.port, here):
            return next((pid for pid in among if holds(pid, f"socket:[{rest[6]}]")), None)
    return None


def holds(pid: int, target: str) -> bool:
    with suppress(OSError):
        for handle in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                if os.readlink(handle.path) == target:  # noqa: PTH115 - a handle's name is no path
                    return True
    return False
