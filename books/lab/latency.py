"""A latency probe: how long requests would wait if one came to this worker's event loop every few milliseconds."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

INTERVAL = 0.01  # seconds


class LatencyProbe:
    """The waits in seconds. Each begins when a request would have come, even if the loop is blocked then."""

    def __init__(self) -> None:
        self.due = time.perf_counter()  # uvloop's own clock only has whole milliseconds
        self.waits: list[float] = []

    def receive(self) -> None:
        """Count the requests that would have come by now."""
        now = time.perf_counter()
        while self.due <= now:
            self.waits.append(now - self.due)
            self.due += INTERVAL

    async def arun(self) -> None:
        while True:
            self.receive()
            await asyncio.sleep(self.due - time.perf_counter())

    def figures(self) -> dict[str, Any]:
        each = [round(wait * 1000, 2) for wait in self.waits]
        waits = sorted(each)
        p50_ms, p99_ms = percentile(waits, 0.5), percentile(waits, 0.99)
        return {"visits": len(waits), "p50_ms": p50_ms, "p99_ms": p99_ms, "longest_ms": waits[-1], "each_ms": each}


def outline(each_ms: list[float], width: int, height: int) -> str:
    """The waits as the points of an SVG polygon. The longest wait, or 100 ms if that is more, has the full height."""
    step, unit = width / max(len(each_ms) - 1, 1), height / max(*each_ms, 100.0)
    tops = " ".join(f"{number * step:.1f},{height - wait * unit:.1f}" for number, wait in enumerate(each_ms))
    return f"0,{height} {tops} {width},{height}"


def percentile(ordered: list[float], part: float) -> float:
    return ordered[max(math.ceil(len(ordered) * part) - 1, 0)]


@asynccontextmanager
async def probing() -> AsyncIterator[LatencyProbe]:
    probe = LatencyProbe()
    task = asyncio.create_task(probe.arun())
    try:
        await asyncio.sleep(0)  # the task starts
        yield probe
    finally:
        probe.receive()
        task.cancel()
        await asyncio.wait([task])
