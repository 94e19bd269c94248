"""1,000 who watch one job at one worker: when each hears of each change, and what they cost."""

import asyncio
import json
import sqlite3
import statistics
import time

import psycopg

from benchmarks.chaos.catalogue import Catalogue, Options, Watch, serving
from benchmarks.chaos.client import Connection
from benchmarks.chaos.report import figure, p99
from benchmarks.jobs.asking import ENDED, Owner

SECONDS = 20  # changes of the job that is watched: one a second
HEARD_WITHIN = 1.0
KIB = 60
KEY = "watched"
State = tuple[str, int]


async def run(options: Options) -> None:
    count = options.scaled(1000)
    with serving(options, workers=1) as catalogue:
        owner = await asyncio.to_thread(Owner, catalogue)
        for _ in range(10):  # what is made once and kept, threads above all, is made before the count begins
            await asyncio.gather(*(owner.ask("GET", "/jobs/") for _ in range(50)))
        [before] = catalogue.usage()
        ahead = [asyncio.create_task(busy(owner, f"ahead-{number}")) for number in range(4)]  # so that it waits
        await asyncio.gather(*ahead)
        await owner.start_clock(KEY, SECONDS)
        became: dict[State, float] = {}
        observing = asyncio.create_task(asyncio.to_thread(observe, catalogue, became))
        connections = [owner.connection() for _ in range(count)]
        async with Watch(catalogue) as peak:
            for some in range(0, count, 100):
                await asyncio.gather(*map(begin, connections[some : some + 100]))
            for number in range(4):
                await owner.ask("DELETE", f"/jobs/ahead-{number}/")
            heard = await asyncio.gather(*map(follow, connections))
            [during] = catalogue.usage()
        await observing
        for connection in connections:
            connection.abort()
    changes = [state for state in became if state[0] != "queued"]
    missed = sum(state not in states for states in heard for state in changes)
    lateness = [states[state] - became[state] for states in heard for state in changes if state in states]
    figure(f"{len(changes)} changes at {count:,} watchers, not heard of", missed, aim="0", reached=not missed)
    told = f"p50 {statistics.median(lateness):.2f} s, p99 {p99(lateness):.2f} s, at most {max(lateness):.2f} s"
    figure("heard after", told, aim="≤ 1 s", reached=max(lateness) <= HEARD_WITHIN)
    kib = (during.megabytes - before.megabytes) * 1024 / count
    figure("memory of each watcher", f"{kib:.1f} KiB", aim=f"≤ {KIB} KiB", reached=kib <= KIB)
    figure("memory of the worker", f"{before.megabytes:.0f} MB before, {peak.megabytes:.0f} MB at most")
    more = peak.threads - before.threads
    figure("threads more", more, aim="≤ 1 for the looks, 2 for the beginnings", reached=more <= 3)


async def busy(owner: Owner, key: str) -> None:
    await owner.start_clock(key, 1000)
    await owner.wait_for(key, "running")


async def begin(connection: Connection) -> None:
    await connection.send("GET", f"/jobs/{KEY}/events/")
    status, _ = await connection.head()
    assert status == 200, status


async def follow(connection: Connection) -> dict[State, float]:
    """When each state was heard of, until the end of the stream."""
    heard: dict[State, float] = {}
    async for part in connection.chunks():
        for line in part.split(b"\n"):
            if line.startswith(b"data: "):
                job = json.loads(line[6:])
                heard[job["status"], job["done"]] = time.monotonic()
    return heard


def observe(catalogue: Catalogue, became: dict[State, float]) -> None:
    """When each state stood in the database, by a look each 10 ms."""
    question = f"SELECT status, done FROM books_job WHERE key = '{KEY}'"
    if catalogue.database_url.startswith("sqlite"):
        database = sqlite3.connect(catalogue.database_url.removeprefix("sqlite:///"))
    else:
        database = psycopg.connect(catalogue.database_url, autocommit=True)  # type: ignore[assignment]
    state = ("queued", 0)
    while state[0] not in ENDED:
        state = database.execute(question).fetchone()
        became.setdefault(tuple(state), time.monotonic())  # type: ignore[arg-type]
        time.sleep(0.01)
    database.close()
