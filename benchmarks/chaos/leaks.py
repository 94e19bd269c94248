"""10,000 requests, 1,000 clients gone at random moments, 500 streams dropped: what a worker keeps of it."""

import asyncio
import os
import random

import psycopg

from benchmarks.chaos.catalogue import Catalogue, Options, Usage, serving
from benchmarks.chaos.client import BROKEN, Connection, new_key
from benchmarks.chaos.report import figure
from benchmarks.chaos.streams import begin

SETTLE = 4.0  # seconds
AT_ONCE = 20
PATHS = ["/books/", "/books/?q=the", "/", "/authors/", "/nothing/", "/books.csv"]


async def requests(catalogue: Catalogue, token: str, number: int) -> None:
    async def some(count: int) -> None:
        connection = Connection(catalogue.port, token)
        for turn in range(count):
            path = random.choice(PATHS)
            accept = random.choice(["text/html", "application/json"])
            if turn % 50 == 0:
                await connection.add_book("A book of many", new_key())
            await connection.ask("GET", path, Accept=accept)
        connection.close()

    await asyncio.gather(*(some(number // AT_ONCE) for _ in range(AT_ONCE)))


async def disconnects(catalogue: Catalogue, token: str, number: int) -> None:
    async def one() -> None:
        connection = Connection(catalogue.port, token)
        what = random.choice(
            ["/books/", "/books.csv", "/holds-a-thread/?seconds=0.02", "/waits/?seconds=0.02", "write"]
        )
        asking = connection.add_book("A book gone", new_key()) if what == "write" else connection.ask("GET", what)
        try:
            async with asyncio.timeout(random.uniform(0.001, 0.1)):
                await asking
        except BROKEN:
            pass
        random.choice([connection.abort, connection.close])()

    for _ in range(number // AT_ONCE):
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))


async def dropped_streams(catalogue: Catalogue, number: int) -> None:
    opened = [Connection(catalogue.port) for _ in range(number)]
    await asyncio.gather(*map(begin, opened))
    for connection in opened:
        connection.abort()


def database_connections(catalogue: Catalogue) -> int:
    if catalogue.database_url.startswith("sqlite"):
        links = [f"/proc/{pid}/fd/{fd}" for pid in catalogue.workers() for fd in os.listdir(f"/proc/{pid}/fd")]  # noqa: PTH208
        return sum(os.path.realpath(link).endswith("catalogue.sqlite3") for link in links)
    with psycopg.connect(catalogue.database_url) as server:
        asked = server.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'").fetchone()
        assert asked
        return int(asked[0]) - 1


async def look(catalogue: Catalogue) -> tuple[list[Usage], int]:
    await asyncio.sleep(SETTLE)
    return catalogue.usage(), database_connections(catalogue)


async def run(options: Options) -> None:
    with serving(options, workers=2) as catalogue:
        token = await asyncio.to_thread(catalogue.token)
        # What is made once and kept, threads and connections above all, is made before the count begins.
        await requests(catalogue, token, options.scaled(3000))
        await disconnects(catalogue, token, options.scaled(400))
        await dropped_streams(catalogue, options.scaled(500))
        before, connections_before = await look(catalogue)
        await requests(catalogue, token, options.scaled(10_000))
        await disconnects(catalogue, token, options.scaled(1000))
        await dropped_streams(catalogue, options.scaled(500))
        after, connections_after = await look(catalogue)
    compare("file handles", [u.handles for u in before], [u.handles for u in after], 5)
    compare("threads", [u.threads for u in before], [u.threads for u in after], 5)
    compare("database connections of all", [connections_before], [connections_after], 5)
    memory = [[u.megabytes for u in usages] for usages in (before, after)]
    grown = max(late / early for early, late in zip(*memory, strict=True)) - 1
    told = " → ".join(", ".join(f"{value:.0f}" for value in values) for values in memory)
    figure("memory", f"{told} MB, {grown:+.1%} at most", aim="≤ +10 %", reached=grown <= 0.1)


def compare(what: str, before: list[int], after: list[int], leeway: int) -> None:
    more = max(late - early for early, late in zip(before, after, strict=True))
    figure(what, f"{before} → {after}", aim=f"≤ {leeway} more", reached=more <= leeway)
