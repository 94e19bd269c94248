"""kill -9 of a random worker each second, while writers repeat what failed with its Idempotency-Key."""

import asyncio
import os
import random
import signal
from collections import Counter

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.report import counts, figure
from benchmarks.chaos.visitors import TITLE, visiting

WRITERS = 12


async def run(options: Options) -> None:
    with serving(options) as catalogue:
        kills, token = 0, await asyncio.to_thread(catalogue.token)
        async with visiting(catalogue.port, token, writers=WRITERS) as visits:
            for _ in range(options.scaled(60)):
                await asyncio.sleep(1)
                if workers := catalogue.workers():
                    os.kill(random.choice(workers), signal.SIGKILL)
                    kills += 1
        found = [title for (title,) in catalogue.sql("SELECT title FROM books_book WHERE title LIKE ?", f"{TITLE}%")]
    lost = len(visits.written.keys() - found)
    twice = sum(count > 1 for count in Counter(found).values())
    figure(f"{kills} workers killed; answers", counts(visits.seen), aim="no 500", reached="500" not in visits.seen)
    figure("acknowledged writes lost", f"{lost} of {len(visits.written):,}", aim="0", reached=not lost)
    figure("books written twice", twice, aim="0", reached=not twice)
