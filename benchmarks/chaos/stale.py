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

from benchmarks.chaos.catalogue import Catalogue, Options, serving
from benchmarks.chaos.owner import Owner
from benchmarks.chaos.reading import EveryWorker, Findings
from benchmarks.chaos.report import counts, figure
from benchmarks.chaos.writing import Importer, Writer

WRITERS = 3
SECONDS, BETWEEN_KILLS = 300, 5.0


async def run(options: Options) -> None:
    with serving(options) as catalogue:
        findings, kills = await write_and_read(catalogue, options.scaled(SECONDS))
    figure("writes", counts(findings.by_way))
    figure("workers killed", kills)
    if findings.others:
        figure("what told nothing", counts(findings.others))
    for line in findings.stale[:10]:
        print(f"     {line}")
    told = f"{len(findings.stale):,} of {findings.reads:,} reads after {findings.by_way.total():,} writes"
    figure("stale answers", told, aim="0", reached=not findings.stale)


async def write_and_read(catalogue: Catalogue, seconds: float) -> tuple[Findings, int]:
    findings, kills = Findings(), 0
    owner = await asyncio.to_thread(Owner, catalogue)
    importer = Importer(owner, EveryWorker(catalogue.port, findings))
    writers = [Writer(catalogue, owner, EveryWorker(catalogue.port, findings)) for _ in range(WRITERS)]
    end = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for one in (importer, *writers):
            group.create_task(one.run(end))
        while time.monotonic() < end:
            await asyncio.sleep(BETWEEN_KILLS)
            if workers := catalogue.workers():
                os.kill(random.choice(workers), signal.SIGKILL)
                kills += 1
    return findings, kills
