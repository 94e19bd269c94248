"""PostgreSQL restarts three times, while visitors read and write."""

import asyncio
import random
import time
from collections import Counter

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import Connection, counted, new_key
from benchmarks.chaos.report import answers, figure
from tests import postgres

VISITORS = 12
WELL_WITHIN = 3.0  # seconds


async def visit(port: int, token: str, until: asyncio.Event, seen: Counter[str], bad: list[float]) -> None:
    connection = Connection(port, token)
    while not until.is_set():
        is_read = random.random() < 0.5
        asking = connection.ask("GET", "/books/") if is_read else connection.add_book("In bad times", new_key())
        answer = await counted(seen, asking)
        if answer is None or answer.status >= 300:
            bad.append(time.monotonic())
        await asyncio.sleep(0.02)


def restart(url: str) -> None:
    binaries = postgres.find_binaries()
    assert binaries
    postgres.stop(binaries, url)
    postgres.start(binaries, url)


async def run(options: Options) -> None:
    with serving(options) as catalogue:
        token = await asyncio.to_thread(catalogue.token)
        until, seen, bad = asyncio.Event(), Counter[str](), list[float]()
        visitors = [asyncio.create_task(visit(catalogue.port, token, until, seen, bad)) for _ in range(VISITORS)]
        ill = []
        for _ in range(3):
            await asyncio.sleep(3)
            bad.clear()
            await asyncio.to_thread(restart, catalogue.database_url)
            is_back = time.monotonic()
            await asyncio.sleep(WELL_WITHIN + 2)
            ill.append(max([0.0, *(moment - is_back for moment in bad)]))
        until.set()
        await asyncio.gather(*visitors)
    answers("three restarts", seen)
    told = ", ".join(f"{seconds:.2f}" for seconds in ill)
    figure("last refusal after the database was back", f"{told} s", aim="≤ 3 s", reached=max(ill) <= WELL_WITHIN)
