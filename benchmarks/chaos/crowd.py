"""5,000 visitors at once, 4 workers: they read, then write."""

import asyncio
from collections import Counter

from benchmarks import machine
from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import Connection, counted, new_key
from benchmarks.chaos.report import answers, figure

VISITORS, THREADS, MEGABYTES = 5000, 25, 120


async def run(options: Options) -> None:
    seen = Counter[str]()

    async def visit(connection: Connection) -> None:
        if await counted(seen, connection.ask("GET", "/books/")):
            await counted(seen, connection.add_book("A book", new_key()))
        connection.close()

    with serving(options) as catalogue:
        token = await asyncio.to_thread(catalogue.token)
        await asyncio.gather(*(visit(Connection(catalogue.port, token)) for _ in range(options.scaled(VISITORS))))
        threads = max(machine.status(pid)["Threads"] for pid in catalogue.workers())
        megabytes = max(machine.megabytes(pid, "VmHWM") for pid in catalogue.workers())
    answers(f"{options.scaled(VISITORS):,} visitors", seen)
    figure("threads of a worker", threads, aim=f"≤ {THREADS}", reached=threads <= THREADS)
    figure("memory", f"{megabytes:.0f} MB", aim=f"≤ {MEGABYTES} MB", reached=megabytes <= MEGABYTES)
