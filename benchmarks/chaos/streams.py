"""2,000 event streams at one worker: what each costs."""

import asyncio

from benchmarks import machine
from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import Connection
from benchmarks.chaos.report import figure

SETTLE = 3.0  # seconds
KIB = 30


async def run(options: Options) -> None:
    streams = options.scaled(2000)
    with serving(options, workers=1) as catalogue:
        for _ in range(300):
            await Connection(catalogue.port).ask("GET", "/books/", Connection="close")
        [worker] = catalogue.workers()
        before = machine.status(worker)
        opened = [Connection(catalogue.port) for _ in range(streams)]
        begun = await asyncio.gather(*(connection.begin("GET", "/events/?every=10") for connection in opened))
        await asyncio.sleep(SETTLE)
        during = machine.status(worker)
        page = await Connection(catalogue.port).ask("GET", "/books/", Connection="close")
    statuses = {answer.status for answer in (*begun, page)}
    figure("answers of the streams, and of a page meanwhile", statuses, aim="200", reached=statuses == {200})
    threads = during["Threads"] - before["Threads"]
    kib = (during["VmRSS"] - before["VmRSS"]) / streams
    figure(f"{streams:,} streams: threads more", threads, aim="0", reached=threads <= 0)
    figure("memory of each", f"{kib:.1f} KiB", aim=f"≤ {KIB}", reached=kib <= KIB)
