"""The threads in which Django's sync code runs: few, long-lived, and lent to one request at a time.

Django's contract is that all sync code of a request runs in one thread, since database connections belong to
threads. Django keeps it by a new thread for each request, and so a new connection. Here a request borrows a thread
when it first needs one, together with the connection that thread has open, and gives it back when it ends. A request
that needs none takes none. When all are lent, requests wait in a line that is bounded in length and in time.
Before it waits for anything else, such as a server outside, it calls `release`. Once an answer begins, its request
holds no thread: what a long answer still calls runs, call by call, in a few threads of their own, so that slow readers
keep nobody waiting.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import ContextVar
from queue import SimpleQueue
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.db import close_old_connections, connections

ANSWERING = 2  # threads for what is called while answers are sent

Call = tuple[Future[Any], Callable[[], Any]]

current_loan: ContextVar["Loan | None"] = ContextVar("current_loan", default=None)


def release() -> None:
    """Give this request's thread back before a wait; its next sync call borrows one again, maybe another.

    Whatever belongs to a connection must have ended: transactions do, since each is one sync call. Where no request
    is being answered, such as in a job, there is nothing to give back.
    """
    if loan := current_loan.get():
        loan.release()


class Busy(Exception):
    """No thread became free in time: the server has more to do than it can."""


class Thread:
    """One long-lived thread, and what it is to run."""

    def __init__(self, name: str) -> None:
        self.calls: SimpleQueue[Call | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while call := self.calls.get():
            answer(*call)
            del call  # or what it returned would stay until the next one
        connections.close_all()


def answer(future: Future[Any], function: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(function())
    except BaseException as error:  # noqa: BLE001 - it is raised again where the result is awaited
        future.set_exception(error)


class Threads:
    """Up to `size` threads, started as they are needed, and the line of the requests that wait for one.

    A request waits for at most `patience` seconds, behind at most `line_length` others; else it gets a Busy.
    `for_answers` is where calls go that are made while an answer is sent. Everything here happens on the event loop.
    """

    def __init__(self, size: int, *, line_length: int, patience: float) -> None:
        self.size, self.line_length, self.patience = size, line_length, patience
        self.started = 0
        self.free: list[Thread] = []  # the last one given back is lent first: its connection is the warmest
        self.line: deque[Loan] = deque()
        self.for_answers = ThreadPoolExecutor(ANSWERING, thread_name_prefix="answering")

    @property
    def lent(self) -> int:
        return self.started - len(self.free)

    @property
    def is_full(self) -> bool:
        """Whether no thread is free, and no request more can wait for one."""
        return not self.free and self.started == self.size and len(self.line) >= self.line_length

    def take(self) -> Thread | None:
        if self.free:
            return self.free.pop()
        if self.started == self.size:
            return None
        self.started += 1
        return Thread(f"lent-{self.started}")

    def give_back(self, thread: Thread) -> None:
        while self.line:
            if (loan := self.line.popleft()).wants_a_thread():
                loan.begin(thread)
                return
            loan.give_up()
        self.free.append(thread)

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do some work outside of any request, on a lent thread."""
        loan = Loan(self, check=False)
        try:
            async with ThreadSensitiveContext(executor=loan):
                await work()
        finally:
            loan.give_back()

    def close(self) -> None:
        """End the threads that nobody holds; those that are lent end with the process."""
        ending, self.free = self.free, []
        for thread in ending:
            thread.calls.put(None)
        for thread in ending:
            thread.thread.join(timeout=1)
        self.for_answers.shutdown(wait=False, cancel_futures=True)


class Loan(Executor):
    """One request's claim to a thread. asgiref hands it the request's sync calls, one after the other.

    `check` makes the thread's open connection prove itself before it is used, which costs PostgreSQL a question; a
    request that can be repeated does without. `gone` returns when the client has left: then nobody waits any more.
    """

    def __init__(
        self, threads: Threads, *, check: bool, gone: Callable[[], Coroutine[Any, Any, None]] | None = None
    ) -> None:
        self.threads, self.check, self.gone = threads, check, gone
        self.thread: Thread | None = None
        self.answering = self.is_ready = False
        self.waiting: list[Call] = []
        self.running: list[Future[Any]] = []  # what the thread has not ended, or ended just now
        self.giving_up: asyncio.TimerHandle | None = None
        self.watching: asyncio.Task[None] | None = None

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.answering:
            return self.threads.for_answers.submit(self._stand_alone, function, *args, **kwargs)
        future: Future[Any] = Future()
        call = (future, lambda: self._call(function, *args, **kwargs))
        if self.thread:
            self._run(call)
        elif thread := self.threads.take():
            self.waiting.append(call)
            self.begin(thread)
        elif self.waiting or not self.threads.is_full:
            self._wait(call)
        else:
            future.set_exception(Busy())
        return future

    def begin(self, thread: Thread) -> None:
        """Hold the thread from now on."""
        self.thread = thread
        self._end_wait()
        calls, self.waiting = self.waiting, []
        for call in calls:
            self._run(call)

    def wants_a_thread(self) -> bool:
        """Whether somebody still waits for what this loan is to run."""
        return any(not future.cancelled() for future, _ in self.waiting)

    def release(self) -> None:
        """Hold no thread until the next call; does nothing while one runs."""
        if self.thread and all(future.done() for future in self.running):
            thread, self.thread = self.thread, None
            self.threads.give_back(thread)

    def give_back(self) -> None:
        """The answer begins, or the request ended without one. What still runs in the thread is let finish first."""
        self.answering = True
        thread, self.thread = self.thread, None
        if thread is None:
            self.give_up()
        elif all(future.done() for future in self.running):
            self.threads.give_back(thread)
        else:
            loop, last = asyncio.get_running_loop(), Future[Any]()
            last.add_done_callback(lambda _: loop.call_soon_threadsafe(self.threads.give_back, thread))
            thread.calls.put((last, int))

    def _run(self, call: Call) -> None:
        assert self.thread  # noqa: S101 - for the type checker
        self.running = [*(future for future in self.running if not future.done()), call[0]]
        self.thread.calls.put(call)

    def _wait(self, call: Call) -> None:
        if not self.waiting:
            loop = asyncio.get_running_loop()
            self.threads.line.append(self)
            self.giving_up = loop.call_later(self.threads.patience, self.give_up)
            self.watching = loop.create_task(self._watch(self.gone)) if self.gone else None
        self.waiting.append(call)

    async def _watch(self, gone: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await gone()
        self.give_up()

    def _end_wait(self) -> None:
        for limit in (self.giving_up, self.watching):
            if limit:
                limit.cancel()

    def give_up(self) -> None:
        self._end_wait()
        if self in self.threads.line:
            self.threads.line.remove(self)
        calls, self.waiting = self.waiting, []
        for future, _ in calls:
            if future.set_running_or_notify_cancel():
                future.set_exception(Busy())

    def _stand_alone(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        close_old_connections()
        return function(*args, **kwargs)

    def _call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """In the thread: the first call finds its connections ready, as one hand-over costs less than two."""
        if not self.is_ready:
            self.is_ready = True
            self._ready_connections()
        return function(*args, **kwargs)

    def _ready_connections(self) -> None:
        """What Django does between two requests: drop connections that failed or are too old."""
        close_old_connections()
        if not self.check:
            for connection in connections.all(initialized_only=True):
                connection.health_check_done = True  # type: ignore[attr-defined]
