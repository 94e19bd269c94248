import argparse
import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable

import uvloop

from benchmarks import stale
from benchmarks.chaos import report
from benchmarks.chaos.catalogue import Catalogue, Options, serving
from benchmarks.chaos.report import figure
from benchmarks.chaos.scenarios import open_files_without_end
from benchmarks.stale.owner import Owner
from benchmarks.stale.reading import EveryWorker, Findings
from benchmarks.stale.writing import Importer, Writer, sign_in

WRITERS = 3


async def kill_workers(catalogue: Catalogue, is_over: Callable[[], bool], killed: list[int], seconds: float) -> None:
    while not is_over():
        await asyncio.sleep(seconds)
        if workers := catalogue.workers():
            killed.append(random.choice(workers))
            os.kill(killed[-1], signal.SIGKILL)


async def write_and_read(catalogue: Catalogue, options: argparse.Namespace) -> tuple[Findings, int]:
    findings, killed, end = Findings(), list[int](), time.monotonic() + options.minutes * 60
    owner = await asyncio.to_thread(Owner, catalogue)
    cookie = await asyncio.to_thread(sign_in, catalogue)
    readers = [EveryWorker(catalogue, findings) for _ in range(WRITERS + 2)]
    writers = [Writer(catalogue, owner, cookie, reader) for reader in readers[:WRITERS]]
    importers = [Importer(catalogue, owner, readers[WRITERS + job], as_job=bool(job)) for job in (0, 1)]
    for writer in writers:
        await writer.begin()

    def is_over() -> bool:
        return findings.checks >= options.checks or time.monotonic() > end

    async with asyncio.TaskGroup() as group:
        for one in (*writers, *importers):
            group.create_task(one.run(is_over))
        group.create_task(kill_workers(catalogue, is_over, killed, options.between_kills))
        group.create_task(tell_progress(findings, is_over))
    for reader in readers:
        reader.close()
    return findings, len(killed)


async def tell_progress(findings: Findings, is_over: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not is_over():
        await asyncio.sleep(1)
        if sys.stderr.isatty():
            seconds = time.monotonic() - began
            print(
                f"\r     {findings.checks:,} checks, {len(findings.stale)} stale, {seconds:.0f} s",
                end="",
                file=sys.stderr,
            )


async def run(options: argparse.Namespace) -> None:
    with serving(Options(quick=False, postgres=options.postgres), workers=options.workers) as catalogue:
        began = time.monotonic()
        findings, kills = await write_and_read(catalogue, options)
        seconds = time.monotonic() - began
    ways = ", ".join(f"{count:,} × {way}" for way, count in findings.by_way.most_common())
    figure(f"{findings.checks:,} checks in {seconds:.0f} s", ways)
    figure("workers killed", kills)
    figure("reads after a write", f"{findings.reads:,}")
    told = ", ".join(f"{count:,} on {workers}" for workers, count in sorted(findings.covered.items()))
    figure("checks by the workers that were there to be read", told)
    if findings.others:
        figure("what told nothing", ", ".join(f"{count:,} × {what}" for what, count in findings.others.items()))
    for line in findings.stale[:10]:
        print(f"     {line}")
    figure("stale answers", f"{len(findings.stale):,}", aim="0", reached=not findings.stale)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.stale",
        description=stale.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=1000, help="after which no check begins")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--between-kills", type=float, default=5, metavar="SECONDS")
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    open_files_without_end()
    asyncio.run(run(options), loop_factory=uvloop.new_event_loop)
    return min(report.missed, 1)


if __name__ == "__main__":
    sys.exit(main())
