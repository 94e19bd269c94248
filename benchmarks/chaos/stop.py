"""SIGTERM while requests take 2 s and streams are open."""

import asyncio
import signal
import time
from collections import Counter

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import BROKEN, Connection
from benchmarks.chaos.report import figure

SECONDS = 5


async def ask(port: int, path: str, seen: Counter[str]) -> None:
    name = path.partition("?")[0]
    try:
        seen[f"{name} {(await Connection(port).ask('GET', path)).kind}"] += 1
    except BROKEN as error:
        seen[f"{name} {type(error).__name__}"] += 1


async def follow(port: int, seen: Counter[str]) -> None:
    connection = Connection(port)
    await connection.send("GET", "/events/?every=0.1")
    await connection.head()
    try:
        async for _ in connection.chunks():
            pass
        seen["streams ended in order"] += 1
    except BROKEN as error:
        seen[f"streams: {type(error).__name__}"] += 1


async def run(options: Options) -> None:
    with serving(options, workers=2) as catalogue:
        seen: Counter[str] = Counter()
        port = catalogue.port
        asked = [ask(port, path, seen) for path in ["/waits/?seconds=2"] * 20 + ["/holds-a-thread/?seconds=2"] * 8]
        tasks = [asyncio.create_task(one) for one in [*asked, *(follow(port, seen) for _ in range(20))]]
        await asyncio.sleep(0.5)
        catalogue.server.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code = await asyncio.to_thread(catalogue.server.wait)
        seconds = time.monotonic() - began
        await asyncio.gather(*tasks)
        log = catalogue.server.log()
    counts = ", ".join(f"{count} × {kind}" for kind, count in sorted(seen.items()))
    well = seen["/waits/ 200"] == 20 and seen["/holds-a-thread/ 200"] == 8 and seen["streams ended in order"] == 20
    figure("answers", counts, aim="all 200, all in order", reached=well)
    figure(
        "code and seconds", f"{code}, {seconds:.1f} s", aim=f"0, < {SECONDS} s", reached=not code and seconds < SECONDS
    )
    figure("SIGKILL in the log", "SIGKILL" in log, aim="none", reached="SIGKILL" not in log)
