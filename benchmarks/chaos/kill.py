"""kill -9 of a random worker each second, while writers repeat what failed with its Idempotency-Key."""

import asyncio
import os
import random
import signal
from collections import Counter

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import Connection, counted, new_key
from benchmarks.chaos.report import counts, figure

WRITERS = 12
TITLE = "Written under fire"


async def write(
    connection: Connection, writer: int, until: asyncio.Event, kept: dict[str, int], seen: Counter[str]
) -> None:
    number = 0
    while not until.is_set():
        number += 1
        title, key = f"{TITLE} {writer} {number}", new_key()
        while title not in kept:
            answer = await counted(seen, connection.add_book(title, key))
            if answer is None:
                await asyncio.sleep(0.05)
            elif answer.status == 201:
                kept[title] = int(answer.headers["location"].strip("/").rpartition("/")[2])
            elif answer.status != 503:
                print(f"     {answer.status}: {answer.body[:200]!r}")
                await asyncio.sleep(0.5)


async def run(options: Options) -> None:
    with serving(options) as catalogue:
        token = await asyncio.to_thread(catalogue.token)
        until, kept, seen = asyncio.Event(), dict[str, int](), Counter[str]()
        writers = [
            asyncio.create_task(write(Connection(catalogue.port, token), number, until, kept, seen))
            for number in range(WRITERS)
        ]
        kills = 0
        for _ in range(options.scaled(60)):
            await asyncio.sleep(1)
            if workers := catalogue.workers():
                os.kill(random.choice(workers), signal.SIGKILL)
                kills += 1
        until.set()
        await asyncio.gather(*writers)
        found = catalogue.sql("SELECT title, id FROM books_book WHERE title LIKE ?", f"{TITLE}%")
        catalogue.tell_integrity()
    times = Counter(title for title, _ in found)
    lost = len(kept.items() - set(found))
    twice = sum(count > 1 for count in times.values())
    figure(f"{kills} workers killed; answers", counts(seen), aim="no 500", reached="500" not in seen)
    figure("acknowledged writes lost", f"{lost} of {len(kept):,}", aim="0", reached=not lost)
    figure("books written twice", twice, aim="0", reached=not twice)
