"""SIGHUP ten times, while visitors read and write and streams are followed."""

import asyncio
import itertools
import random
import signal
import time
from collections import Counter

from benchmarks.chaos.catalogue import Catalogue, Options, serving
from benchmarks.chaos.client import BROKEN, Answer, Connection, new_key
from benchmarks.chaos.report import figure
from tests.server.running import wait_until

GONE_WITHIN = 8 + 1  # seconds: gunicorn.conf.py's graceful_timeout, and one
VISITORS, STREAMS, EVERY = 12, 20, 0.1
FIRST_ERRORS = 0.005


async def visit(port: int, token: str, until: asyncio.Event, seen: Counter[str], *, keeps_connection: bool) -> None:
    connection = Connection(port, token)
    while not until.is_set():
        title, key = f"Book {random.random()}", new_key()
        what = random.choice(["read", "write"])

        async def ask(connection: Connection, what: str = what, title: str = title, key: str = key) -> Answer:
            return await (connection.add_book(title, key) if what == "write" else connection.ask("GET", "/books/"))

        seen["asked"] += 1
        if fault := await fault_of(ask(connection)):
            seen[f"first: {what} {fault}"] += 1
            connection.close()
            connection = Connection(port, token)
            if fault := await fault_of(ask(connection)):
                seen[f"again: {what} {fault}"] += 1
                connection.close()
        if not keeps_connection:
            connection.close()
        await asyncio.sleep(0.02)


async def fault_of(asking: object) -> str:
    try:
        answer: Answer = await asking  # type: ignore[misc]
    except BROKEN as error:
        return f"{type(error).__name__} {error}"
    return "" if answer.status < 300 else answer.kind


async def follow(port: int, until: asyncio.Event, ids: list[int], seen: Counter[str]) -> None:
    """Read events as a browser does: come back with the last id when the stream ends."""
    while not until.is_set():
        connection = Connection(port)
        last = {"Last_Event_ID": str(ids[-1])} if ids else {}
        try:
            await connection.send("GET", f"/events/?every={EVERY}", **last)
            await connection.head()
            async for chunk in connection.chunks():
                ids.append(int(chunk.split()[1]))
                if until.is_set():
                    break
            else:
                seen["ended in order"] += 1
        except BROKEN as error:
            seen[f"cut: {type(error).__name__} {error}"] += 1
            await asyncio.sleep(0.1)
        connection.abort()


async def hang_up(catalogue: Catalogue) -> float:
    """Seconds until the last of the old workers is gone."""
    old = set(catalogue.workers())
    catalogue.server.process.send_signal(signal.SIGHUP)
    began = time.monotonic()
    await asyncio.to_thread(wait_until, lambda: not old & set(catalogue.workers()), 60, "old workers stay")
    return time.monotonic() - began


async def run(options: Options) -> None:
    with serving(options, workers=2) as catalogue:
        token = await asyncio.to_thread(catalogue.token)
        until, seen, ends = asyncio.Event(), Counter[str](), Counter[str]()
        ids: list[list[int]] = [[] for _ in range(STREAMS)]
        port = catalogue.port
        tasks = [asyncio.create_task(follow(port, until, own, ends)) for own in ids]
        tasks += [
            asyncio.create_task(visit(port, token, until, seen, keeps_connection=bool(number % 2)))
            for number in range(VISITORS)
        ]
        seconds = []
        for _ in range(3 if options.quick else 10):
            await asyncio.sleep(1.5)
            seconds.append(await hang_up(catalogue))
        until.set()
        await asyncio.gather(*tasks)
        log = catalogue.server.log()
    told = ", ".join(f"{one:.1f}" for one in seconds)
    figure("old workers were gone after", f"{told} s", aim=f"≤ {GONE_WITHIN} s", reached=max(seconds) <= GONE_WITHIN)
    asked = seen.pop("asked")
    first, again = (sum(count for kind, count in seen.items() if kind.startswith(name)) for name in ("first", "again"))
    share = first / asked
    measured = f"{first} of {asked:,} ({share:.2%}) {dict(seen)}"
    figure("errors at the first try", measured, aim="≤ 0.5 %", reached=share <= FIRST_ERRORS)
    figure("errors at the second try", again, aim="0", reached=not again)
    missing = sum(late - early != 1 for own in ids for early, late in itertools.pairwise(own))
    told = f"{missing} of {sum(map(len, ids)):,} {dict(ends)}"
    figure("events missed or seen twice", told, aim="0", reached=not missing)
    figure("SIGKILL in the log", "SIGKILL" in log, aim="none", reached="SIGKILL" not in log)
