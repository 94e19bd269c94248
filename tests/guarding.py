"""The guard over the suite: a test fails when our own code holds up its event loop for more than 100 ms.

The time is the processor's for the loop's thread, and the collector's part is taken off: on a busy machine a test waits
longer, but computes no longer. Blocking calls, which compute nothing, are for tests/test_loop.py.
"""

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

from dev.loop_monitor import LoopMonitor, SlowCallback

PROJECT = Path(__file__).parent.parent


class Clock:
    """The time that one thread has computed; it stands still while that thread collects garbage."""

    def __init__(self) -> None:
        self.number = time.pthread_getcpuclockid(threading.get_ident())
        self.collected = 0.0
        self.collecting_since: float | None = None

    def read(self) -> float:
        """Any thread may ask."""
        since = self.collecting_since
        try:
            return (time.clock_gettime(self.number) if since is None else since) - self.collected
        except OSError:  # the thread has ended
            return 0.0

    def collects(self, phase: str) -> None:
        if phase == "start":
            self.collecting_since = time.thread_time()
        elif self.collecting_since is not None:
            self.collected += time.thread_time() - self.collecting_since
            self.collecting_since = None


class Mine(threading.local):
    def __init__(self) -> None:
        self.clock = Clock()


@contextmanager
def guarded_loops(guard: LoopMonitor) -> Iterator[None]:
    """Each step of each event loop is a turn that the guard watches."""
    mine, run = Mine(), asyncio.Handle._run

    @wraps(run)
    def run_guarded(handle: asyncio.Handle) -> None:
        guard.begin(mine.clock.read)
        try:
            run(handle)
        finally:
            guard.end()

    def collects(phase: str, info: object) -> None:
        if clock := getattr(mine, "clock", None):  # it may be just being made
            clock.collects(phase)

    gc.callbacks.append(collects)
    asyncio.Handle._run = run_guarded  # type: ignore[method-assign, assignment]
    guard.start()
    try:
        yield
    finally:
        guard.stop()
        asyncio.Handle._run = run  # type: ignore[method-assign]
        gc.callbacks.remove(collects)


def guard_of_ours(tell: Callable[[SlowCallback], None]) -> LoopMonitor:
    ours = [PROJECT / "books", PROJECT / "django41_example"]
    return LoopMonitor(tell, ours=ours, spared=[PROJECT / "tests"])
