"""1,000 questions to 4 workers, 20 cancels, 20 starts."""

import asyncio
import random
import statistics

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.report import figure
from benchmarks.jobs.asking import Owner, moment

AT_ONCE, TRIES = 20, 20
CANCELLED_WITHIN, STARTED_WITHIN = 1.5, 0.15  # seconds


async def run(options: Options) -> None:
    with serving(options, workers=4) as catalogue:
        owner = await asyncio.to_thread(Owner, catalogue)
        await owner.start_clock("asked", 1000)
        await owner.wait_for("asked", "running")
        asked = options.scaled(1000)
        right = sum(await asyncio.gather(*(ask(owner, asked // AT_ONCE) for _ in range(AT_ONCE))))
        figure("statuses that are right", f"{right:,} of {asked:,}", aim="all", reached=right == asked)
        waits = [await cancelled(owner, f"cancelled-{number}") for number in range(TRIES)]
        told = f"p50 {statistics.median(waits):.2f} s, at most {max(waits):.2f} s"
        figure("cancel until the body has ended", told, aim="≤ 1.5 s", reached=max(waits) <= CANCELLED_WITHIN)
        waits = [await started(owner, f"started-{number}") for number in range(TRIES)]
        middle = statistics.median(waits)
        told = f"p50 {middle * 1000:.0f} ms, at most {max(waits) * 1000:.0f} ms"
        figure("start until a worker has it", told, aim="p50 ≤ 150 ms", reached=middle <= STARTED_WITHIN)


async def ask(owner: Owner, times: int) -> int:
    """How many answers are right: of this job, running, its ticks never going back."""
    right = ticks = 0
    for _ in range(times):
        job = await owner.job("asked")
        right += (job["id"], job["status"], job["attempt"]) == ("asked", "running", 1) and job["done"] >= ticks
        ticks = job["done"]
    return right


async def cancelled(owner: Owner, key: str) -> float:
    await owner.start_clock(key, 1000)
    await owner.wait_for(key, "running")
    assert (await owner.ask("DELETE", f"/jobs/{key}/")).status == 202
    return (await owner.wait_for(key, "cancelled"))[1]


async def started(owner: Owner, key: str) -> float:
    await asyncio.sleep(random.random())  # or the starts would keep step with the worker's looks
    await owner.start_clock(key, 1)
    job, _ = await owner.wait_for(key, "running", "succeeded")
    seconds = (moment(job, "started_at") - moment(job, "created_at")).total_seconds()
    await owner.wait_for(key, "succeeded")
    return seconds
