"""Reading on every worker: a connection to each, and what it must not answer."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos.catalogue import Catalogue
from benchmarks.chaos.client import BROKEN, Answer, Connection

TRIES_TO_COVER = 6  # new connections at each look, while a worker has none
RIGHT_WITHIN = 5.0  # seconds that a stale answer is watched


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
    checks: int = 0
    reads: int = 0
    by_way: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)  # reads that told nothing: refused, broken
    stale: list[str] = field(default_factory=list)
    covered: Counter[int] = field(default_factory=Counter)  # checks by the number of workers that were read


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

    async def ask(self, expected: Iterable[Expected]) -> None:
        """Only so that the answers are at hand."""
        await self.cover()
        await self._each([(pid, one) for pid in self.connections for one in expected])

    async def check(self, way: str, expected: Iterable[Expected]) -> None:
        acknowledged = time.monotonic()
        await self.cover()
        asked = [(pid, one) for pid in self.connections for one in expected]
        for (pid, one), answer in zip(asked, await self._each(asked), strict=True):
            if answer is None or answer.status == 503:
                self.findings.others["broken" if answer is None else answer.kind] += 1
                continue
            self.findings.reads += 1
            if not one.fits(answer):
                after = time.monotonic() - acknowledged
                delay = await self._until_right(pid, one)
                wrong = f"{answer.status}, with {one.lacks!r} or without {one.holds!r}"
                told = f"{way}: worker {pid}, {one.path} as {one.accept}: {wrong}"
                self.findings.stale.append(f"{told} up to {after * 1000:.1f} ms later; {delay}")
        self.findings.checks += 1
        self.findings.by_way[way] += 1
        self.findings.covered[len({pid for pid, _ in asked})] += 1

    async def _each(self, asked: list[tuple[int, Expected]]) -> list[Answer | None]:
        """All workers at once, each with its questions in order."""

        async def one_worker(pid: int) -> list[Answer | None]:
            return [await self._get(pid, one) for its, one in asked if its == pid]

        pids = list(dict.fromkeys(pid for pid, _ in asked))
        answers = await asyncio.gather(*map(one_worker, pids))
        return [answer for some in answers for answer in some]

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

    async def _until_right(self, pid: int, one: Expected) -> str:
        began = time.monotonic()
        while time.monotonic() - began < RIGHT_WITHIN:
            answer = await self._get(pid, one)
            if answer is None:
                return "its worker ended"
            if one.fits(answer):
                return f"right {(time.monotonic() - began) * 1000:.1f} ms after that"
            await asyncio.sleep(0.005)
        return f"not right after {RIGHT_WITHIN:.0f} s"

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
