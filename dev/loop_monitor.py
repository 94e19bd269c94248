"""Finds slow callbacks: a thread samples the event loop's thread, and reports our code that holds the loop up.

A turn is a span in which the loop runs nothing else; whoever runs the loop says when one begins. A call of our own
code that still runs after LIMIT seconds of the same turn is a slow callback. (aiocop 1.2.1 names the line that waits,
under uvloop too, but none where our code computes; and it counts time on the clock, so that tests would fail on a busy
machine.)
"""

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from django.urls import Resolver404, resolve

LIMIT = 0.1  # seconds
LOOK_EVERY = 0.02
SHOWN = 5  # of our calls
REPORT_AFTER = 5.0  # seconds, for a slow callback that has not ended

REQUEST: ContextVar[Any] = ContextVar("request", default=None)  # the ASGI scope of the one that is being answered

log = logging.getLogger(__name__)


@dataclass
class Turn:
    """The samples of one turn: our outermost call, and since when it runs."""

    loop: asyncio.AbstractEventLoop
    clock: Callable[[], float]
    call: int = 0  # the id of its frame
    slow_call: int = 0  # that of the one which lasts for too long
    since: float = 0.0
    stack: str = ""
    seconds: float = 0.0
    context: Context = field(default_factory=Context)
    is_reported: bool = False


@dataclass(frozen=True)
class SlowCallback:
    seconds: float
    stack: str


class LoopMonitor:
    """Watches any number of loops, each by its thread.

    Code in one of the folders `ours` is ours, unless it is called from a file of `spared`. `report` is called with each
    slow callback, in the context of the task that runs it.
    """

    def __init__(
        self, report: Callable[[SlowCallback], None], *, ours: Iterable[Path], spared: Iterable[Path] = ()
    ) -> None:
        self.report = report
        self.ours, self.spared = tuple(f"{folder}/" for folder in ours), tuple(f"{folder}/" for folder in spared)
        self.turns: dict[int, Turn] = {}
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._look_on, name="loop monitor", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.is_over.set()

    def begin(self, clock: Callable[[], float]) -> None:
        """A turn begins in this thread, measured by `clock`; the one before has ended."""
        self.end()
        self.turns[threading.get_ident()] = Turn(asyncio.get_running_loop(), clock)

    def end(self) -> None:
        turn = self.turns.pop(threading.get_ident(), None)
        if turn and turn.stack:
            self._report(turn)

    def _look_on(self) -> None:
        while not self.is_over.wait(LOOK_EVERY):
            frames = sys._current_frames()
            for thread, turn in list(self.turns.items()):
                self._look(turn, list(stack_of(frames.get(thread))))
            del frames

    def _look(self, turn: Turn, stack: list[FrameType]) -> None:
        call = next((frame for frame in reversed(stack) if self._is_watched(frame)), None)
        now = turn.clock()
        if call is None or id(call) != turn.call:
            turn.call, turn.since = id(call) if call else 0, now
        elif now - turn.since > LIMIT and turn.slow_call in {0, turn.call}:
            turn.seconds = now - turn.since
            if not turn.slow_call:
                turn.slow_call, turn.stack, turn.context = turn.call, self._described(stack), context_of(turn.loop)
            if turn.seconds > REPORT_AFTER:
                self._report(turn)

    def _is_watched(self, frame: FrameType) -> bool:
        caller = frame.f_back
        is_ours = frame.f_code.co_filename.startswith(self.ours)
        return is_ours and not (caller and caller.f_code.co_filename.startswith(self.spared))

    def _described(self, stack: list[FrameType]) -> str:
        """The innermost of our calls, and where they have led."""
        shown = [frame for frame in stack[1:] if frame.f_code.co_filename.startswith(self.ours)][:SHOWN][::-1]
        lines = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in [*shown, stack[0]])
        return "".join(lines.format())

    def _report(self, turn: Turn) -> None:
        if not turn.is_reported:
            turn.is_reported = True
            turn.context.run(self.report, SlowCallback(turn.seconds, turn.stack))


def stack_of(frame: FrameType | None) -> Iterator[FrameType]:
    """The innermost frame first."""
    while frame:
        yield frame
        frame = frame.f_back


def context_of(loop: asyncio.AbstractEventLoop) -> Context:
    """What the loop's task knows of itself."""
    task = asyncio.current_task(loop)
    return task.get_context().copy() if task else Context()


class MonitoredLoop:
    """The application with a monitor, for development: the log names each slow callback, its view and request."""

    def __init__(self, application: Any, ours: Iterable[Path], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.application, self.monitor = application, LoopMonitor(log_slow_callback, ours=ours)
        self.clock = clock

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            watching = asyncio.create_task(self.watch())
            await self.application(scope, receive, send)
            watching.cancel()
        else:
            REQUEST.set(scope)
            await self.application(scope, receive, send)

    async def watch(self) -> None:
        self.monitor.start()
        try:
            while True:
                self.monitor.begin(self.clock)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            self.monitor.end()
            self.monitor.stop()


def log_slow_callback(slow: SlowCallback) -> None:
    scope = REQUEST.get()
    whose = f"{view_at(scope['path'])}, {scope['method']} {scope['path']!r}" if scope else "no request"
    log.warning("The event loop was blocked for %.2f s in %s:\n%s", slow.seconds, whose, slow.stack.rstrip())


def view_at(path: str) -> str:
    try:
        view: Any = resolve(path).func
    except Resolver404:
        return "no view"
    view = getattr(view, "view_class", view)
    return f"{view.__module__}.{view.__qualname__}"
