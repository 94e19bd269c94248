"""A large import: its speed as a job beside that of the bare command, and what visitors notice of it.

Quiet is what visitors have when it is over: before it, the catalogue is small, and all of its pages are quicker.
"""

import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.chaos.catalogue import Options, database, serving
from benchmarks.chaos.client import BROKEN, new_key
from benchmarks.chaos.report import figure, p99
from benchmarks.crashing_import import rows
from benchmarks.jobs.asking import ENDED, Owner, moment
from tests.server.running import PROJECT, environment

QUIET_SECONDS, SETTLE = 15.0, 3.0
PAUSE, WRITE_EVERY = 0.02, 1.0  # seconds
SLOWER, SPEED = 3, 0.7
PAGES = {
    "the home page": "/",
    "the list": "/books/",
    "a search": "/books/?q={number}",
    "the authors": "/authors/",
}


class Visitors:
    """One who reads pages of all sorts, one who adds a book each second."""

    def __init__(self, owner: Owner, count: int) -> None:
        self.owner, self.count = owner, count
        self.waits: dict[str, list[float]] = {what: [] for what in (*PAGES, "a write")}
        self.seen: Counter[str] = Counter()
        self.is_over = asyncio.Event()

    async def visit(self) -> None:
        await asyncio.gather(self.read(), self.write())

    async def read(self) -> None:
        connection = self.owner.connection()
        connection.token = ""
        while not self.is_over.is_set():
            name = random.choice(list(PAGES))
            path = PAGES[name].format(number=random.randrange(self.count))
            await self.timed(name, connection.ask("GET", path, Accept="text/html"))
            await asyncio.sleep(PAUSE)

    async def write(self) -> None:
        connection = self.owner.connection()
        while not self.is_over.is_set():
            await self.timed("a write", connection.add_book(f"Written beside {new_key()}", new_key()))
            await asyncio.sleep(WRITE_EVERY)

    async def timed(self, what: str, asking: object) -> None:
        began = time.monotonic()
        try:
            self.seen[(await asking).kind] += 1  # type: ignore[misc]
        except BROKEN as error:
            self.seen[type(error).__name__] += 1
        self.waits[what].append(time.monotonic() - began)


async def visited(owner: Owner, count: int, meanwhile: object) -> Visitors:
    visitors = Visitors(owner, count)
    visiting = asyncio.create_task(visitors.visit())
    await meanwhile  # type: ignore[misc]
    visitors.is_over.set()
    await visiting
    return visitors


async def run(options: Options) -> None:
    count = options.rows or options.scaled(1_000_000)
    file = rows(count).getvalue()
    bare = await asyncio.to_thread(bare_speed, options, file, count)
    figure("the bare command", f"{bare:,.0f} rows a second")
    with serving(options, workers=2) as catalogue:
        owner = await asyncio.to_thread(Owner, catalogue)
        await visited(owner, count, asyncio.sleep(3))
        small = await visited(owner, count, asyncio.sleep(QUIET_SECONDS))
        await owner.start_import("large", file)
        await owner.wait_for("large", "running")
        loud = await visited(owner, count, owner.wait_for("large", *ENDED, every=1))
        job = await owner.job("large")
        speed = count / (moment(job, "finished_at") - moment(job, "started_at")).total_seconds()
        await asyncio.sleep(SETTLE)
        quiet = await visited(owner, count, asyncio.sleep(QUIET_SECONDS))
        locked = catalogue.server.log().count("database is locked")
    figure("the import", f"{job['status']}, {job['message']}", aim="succeeded", reached=job["status"] == "succeeded")
    told = f"{speed:,.0f} rows a second, {speed / bare:.2f} of the bare command"
    figure("its speed beside visitors", told, aim="≥ 0.7", reached=speed / bare >= SPEED)
    print("     p50 / p99 before, beside the import, after it:")
    for what in (*PAGES, "a write"):
        waits = [visitors.waits[what] for visitors in (small, loud, quiet)]
        told = ", ".join(f"{statistics.median(some) * 1000:.1f} / {p99(some) * 1000:.1f} ms" for some in waits)
        ratio = p99(waits[1]) / p99(waits[2])
        is_page = what in PAGES
        aim, reached = ("≤ 3 times after it", ratio <= SLOWER) if is_page else ("", None)
        figure(what, f"{told}: p99 {ratio:.1f} times", aim=aim, reached=reached)
    kinds = Counter(small.seen + loud.seen + quiet.seen)
    counts = ", ".join(f"{number:,} × {kind}" for kind, number in sorted(kinds.items()))
    figure("answers", counts, aim="no error", reached=set(kinds) <= {"200", "201"})
    figure("“database is locked” in the log", locked, aim="0", reached=not locked)


def bare_speed(options: Options, file: bytes, count: int) -> float:
    with tempfile.TemporaryDirectory() as name, database(options, Path(name)) as url:
        folder = Path(name)
        (folder / "books.csv").write_bytes(file)
        for command in (["migrate", "--verbosity", "0"], ["import_books", str(folder / "books.csv")]):
            began = time.monotonic()
            subprocess.run(
                [sys.executable, PROJECT / "manage.py", *command],
                cwd=folder,
                env=environment(folder, {"DATABASE_URL": url}),
                check=True,
                capture_output=True,
            )
        return count / (time.monotonic() - began)
