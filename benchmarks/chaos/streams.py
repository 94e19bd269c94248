"""2,000 event streams at one worker: what each costs, and what stays when their clients vanish."""

import asyncio

from benchmarks.chaos.catalogue import Options, Usage, serving
from benchmarks.chaos.client import Connection
from benchmarks.chaos.report import figure

SETTLE = 3.0  # seconds
KIB = 30


async def run(options: Options) -> None:
    streams = options.scaled(2000)
    with serving(options, workers=1) as catalogue:
        for _ in range(300):
            await Connection(catalogue.port).ask("GET", "/books/", Connection="close")
        [before] = catalogue.usage()
        opened = [Connection(catalogue.port) for _ in range(streams)]
        await asyncio.gather(*map(begin, opened))
        await asyncio.sleep(SETTLE)
        [during] = catalogue.usage()
        page = await Connection(catalogue.port).ask("GET", "/books/", Connection="close")
        figure("a page meanwhile", page.status, aim="200", reached=page.status == 200)
        for connection in opened:
            connection.abort()
        after = await settled(catalogue.usage, before)
    threads = during.threads - before.threads
    kib = (during.megabytes - before.megabytes) * 1024 / streams
    figure(f"{streams:,} streams: threads more", threads, aim="0", reached=threads <= 0)
    figure("memory of each", f"{kib:.1f} KiB", aim=f"≤ {KIB}", reached=kib <= KIB)
    freed = after.handles <= before.handles + 5 and after.threads <= before.threads
    kept = f"{after.handles - before.handles} handles, {after.threads - before.threads} threads more than before"
    figure("when their clients vanished", kept, aim="≤ 5, 0", reached=freed)
    figure("memory before, during, after", f"{before.megabytes:.0f}, {during.megabytes:.0f}, {after.megabytes:.0f} MB")


async def begin(connection: Connection) -> None:
    await connection.send("GET", "/events/?every=10")
    status, _ = await connection.head()
    assert status == 200, status


async def settled(usage: object, before: Usage, seconds: float = 10) -> Usage:
    """The figures when the handles are back, or after so many seconds."""
    for _ in range(int(seconds * 10)):
        [now] = usage()  # type: ignore[operator]
        if now.handles <= before.handles:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    [now] = usage()  # type: ignore[operator]
    return now
