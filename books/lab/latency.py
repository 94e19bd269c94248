"""What others wait for meanwhile: as if somebody came to this worker's event loop every few milliseconds."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypedDict

BETWEEN = 0.01  # seconds between two who come


class Figures(TypedDict):
    visits: int
    p50_ms: float
    p99_ms: float
    longest_ms: float
    each_ms: list[float]


class Pulse:
    """The waits of all who came, in seconds. A wait begins when somebody comes, whether or not the loop sees it then:

    so those who came while the loop was held up count as well.
    """

    def __init__(self) -> None:
        self.due = time.perf_counter()  # uvloop's own clock knows whole milliseconds only
        self.waits: list[float] = []

    def receive(self) -> None:
        """The loop turns to those who have come by now."""
        now = time.perf_counter()
        while self.due <= now:
            self.waits.append(now - self.due)
            self.due += BETWEEN

    async def go_on(self) -> None:
        while True:
            self.receive()
            await asyncio.sleep(self.due - time.perf_counter())

    def figures(self) -> Figures:
        each = [round(wait * 1000, 2) for wait in self.waits]
        waits = sorted(each)
        return {
            "visits": len(waits),
            "p50_ms": percentile(waits, 0.5),
            "p99_ms": percentile(waits, 0.99),
            "longest_ms": waits[-1],
            "each_ms": each,
        }


def outline(each_ms: list[float], width: int, height: int) -> str:
    """The waits as the points of an SVG polygon, of which the longest wait, or 100 ms, takes the height."""
    step, unit = width / max(len(each_ms) - 1, 1), height / max(*each_ms, 100.0)
    tops = " ".join(f"{number * step:.1f},{height - wait * unit:.1f}" for number, wait in enumerate(each_ms))
    return f"0,{height} {tops} {width},{height}"


def percentile(ordered: list[float], part: float) -> float:
    """The value that so great a part of them does not exceed."""
    return ordered[max(math.ceil(len(ordered) * part) - 1, 0)]


@asynccontextmanager
async def pulsing() -> AsyncIterator[Pulse]:
    pulse = Pulse()
    task = asyncio.create_task(pulse.go_on())
    try:
        await asyncio.sleep(0)  # it begins
        yield pulse
    finally:
        pulse.receive()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
