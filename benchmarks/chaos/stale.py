"""Whether anybody ever reads what is over: a write on one worker, acknowledged, then read on every worker.

Each check changes a book, by the API, a form, an import, or another program's own SQL; and when that has been
acknowledged, asks for the book and for lists that show it, over a connection to each worker. Before, each worker was
asked for the same, so that whoever keeps answers has the old one at hand. Meanwhile workers are killed. No answer may
be of before the write.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.reading import EveryWorker
from benchmarks.chaos.report import counts, figure
from benchmarks.chaos.writing import Importer, Writer
from tests.server.owner import Owner

WRITERS = 3
SECONDS, BETWEEN_KILLS = 300, 5.0


async def run(options: Options) -> None:
    with serving(options) as catalogue:
        owner = Owner(catalogue.port, await asyncio.to_thread(catalogue.token))
        readers = [EveryWorker(catalogue.port) for _ in range(WRITERS + 1)]
        writers = [Importer(owner, readers[0]), *(Writer(catalogue, owner, reader) for reader in readers[1:])]
        kills, end = 0, time.monotonic() + options.scaled(SECONDS)
        async with asyncio.TaskGroup() as group:
            for writer in writers:
                group.create_task(writer.run(end))
            while time.monotonic() < end:
                await asyncio.sleep(BETWEEN_KILLS)
                if workers := catalogue.workers():
                    os.kill(random.choice(workers), signal.SIGKILL)
                    kills += 1
    ways = sum((reader.by_way for reader in readers), Counter[str]())
    stale = [line for reader in readers for line in reader.stale]
    for line in stale[:10]:
        print(f"     {line}")
    figure("writes", counts(ways))
    figure("workers killed", kills)
    told = f"{len(stale):,} of {sum(reader.reads for reader in readers):,} reads after {ways.total():,} writes"
    figure("stale answers", told, aim="0", reached=not stale)
