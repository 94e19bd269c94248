"""1,000 and 5,000 visitors at once, 4 workers: they read, or read and then write."""

import asyncio
import time
from collections import Counter

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import BROKEN, Connection, new_key
from benchmarks.chaos.report import figure

THREADS, MEGABYTES = 25, 120


async def read(connection: Connection, number: int) -> list[str]:
    return [(await connection.ask("GET", "/books/")).kind]


async def read_and_write(connection: Connection, number: int) -> list[str]:
    kinds = await read(connection, number)
    return [*kinds, (await connection.add_book(f"Book {number}", new_key())).kind]


async def visit(port: int, token: str, what: object, number: int, seen: Counter[str]) -> None:
    connection = Connection(port, token)
    try:
        seen.update(await (read_and_write if what == "read, write" else read)(connection, number))
    except BROKEN as error:
        seen[type(error).__name__] += 1
    finally:
        connection.close()


async def run(options: Options) -> None:
    for visitors in (options.scaled(1000), options.scaled(5000)):
        for what in ("read", "read, write"):
            with serving(options) as catalogue:
                token = await asyncio.to_thread(catalogue.token) if what != "read" else ""
                seen: Counter[str] = Counter()
                began = time.monotonic()
                await asyncio.gather(*(visit(catalogue.port, token, what, number, seen) for number in range(visitors)))
                seconds = time.monotonic() - began
                used, name = catalogue.usage(), f"{visitors:,} {what}"
                threads, megabytes = max(each.threads for each in used), max(each.peak_megabytes for each in used)
                counts = ", ".join(f"{count:,} × {kind}" for kind, count in sorted(seen.items()))
                well = set(seen) <= {"200", "201", "503"}
                figure(name, f"{counts} in {seconds:.1f} s", aim="2xx, or 503 with Retry-After", reached=well)
                figure(f"{name}: threads of a worker", threads, aim=f"≤ {THREADS}", reached=threads <= THREADS)
                reached = megabytes <= MEGABYTES
                figure(f"{name}: memory", f"{megabytes:.0f} MB", aim=f"≤ {MEGABYTES} MB", reached=reached)
