"""1,000 and 5,000 visitors at once, 4 workers: they read, or read and then write."""

import asyncio
import time
from collections import Counter

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import Connection, counted, new_key
from benchmarks.chaos.report import answers, figure

THREADS, MEGABYTES = 25, 120


async def visit(connection: Connection, number: int, seen: Counter[str]) -> None:
    """With a token, write too."""
    is_read = await counted(seen, connection.ask("GET", "/books/"))
    if is_read and connection.token:
        await counted(seen, connection.add_book(f"Book {number}", new_key()))
    connection.close()


async def run(options: Options) -> None:
    for visitors in (options.scaled(1000), options.scaled(5000)):
        for what in ("read", "read, write"):
            with serving(options) as catalogue:
                token = await asyncio.to_thread(catalogue.token) if what != "read" else ""
                seen, began = Counter[str](), time.monotonic()
                connections = [Connection(catalogue.port, token) for _ in range(visitors)]
                await asyncio.gather(*(visit(one, number, seen) for number, one in enumerate(connections)))
                seconds = time.monotonic() - began
                used, name = catalogue.usage(), f"{visitors:,} {what}"
            threads, megabytes = max(each.threads for each in used), max(each.peak_megabytes for each in used)
            answers(name, seen, f" in {seconds:.1f} s")
            figure(f"{name}: threads of a worker", threads, aim=f"≤ {THREADS}", reached=threads <= THREADS)
            reached = megabytes <= MEGABYTES
            figure(f"{name}: memory", f"{megabytes:.0f} MB", aim=f"≤ {MEGABYTES} MB", reached=reached)
