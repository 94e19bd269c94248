"""PostgreSQL restarts three times, while visitors read and write."""

import asyncio
import time

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.report import answers, figure
from benchmarks.chaos.visitors import visiting
from tests import postgres

VISITORS = 6  # who read, and as many who write
WELL_WITHIN = 3.0  # seconds


def restart(url: str) -> None:
    if binaries := postgres.find_binaries():
        postgres.stop(binaries, url)
        postgres.start(binaries, url)


async def run(options: Options) -> None:
    ill = list[float]()
    with serving(options) as catalogue:
        token = await asyncio.to_thread(catalogue.token)
        async with visiting(catalogue.port, token, readers=VISITORS, writers=VISITORS) as visits:
            for _ in range(3):
                await asyncio.sleep(3)
                await asyncio.to_thread(restart, catalogue.database_url)
                is_back = time.monotonic()
                await asyncio.sleep(WELL_WITHIN + 2)
                ill.append(max([0.0, *(moment - is_back for moment in visits.refused_at)]))
    answers("three restarts", visits.seen)
    told = ", ".join(f"{seconds:.2f}" for seconds in ill)
    figure("last refusal after the database was back", f"{told} s", aim="≤ 3 s", reached=max(ill) <= WELL_WITHIN)
