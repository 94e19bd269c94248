"""The pool of threads in which Django's sync code runs: few, long-lived, each with a connection that stays open.

Django's contract is that all sync code of a request runs in one thread, since database connections belong to threads.
Django keeps it by a new thread, and so a new connection, for each request. Here a request checks a thread out when it
first needs one, and returns it when its response begins. While all are checked out, requests wait in a queue that is
bounded in length and time. Before a request waits for anything else, such as another server, it calls `release`.
What it calls while its response is sent runs, call by call, in a few threads of their own: a slow reader blocks nobody.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar, Token
from functools import partial
from queue import SimpleQueue
from typing import Any, Self

from asgiref.sync import AsyncToSync, SyncToAsync
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries

STREAMING_THREADS = 2  # for what is called while responses are sent

current_checkout: ContextVar["Checkout | None"] = ContextVar("current_checkout", default=None)


def release() -> None:
    """Return this request's thread before a wait; its next sync call checks one out again, maybe another.

    Whatever belongs to a connection must have ended: transactions do, since each is one sync call. Outside of
    requests, such as in a job, there is nothing to return.
    """
    if checkout := current_checkout.get():
        checkout.release()


class PoolTimeout(Exception):
    """No thread became free in time: the server has more to do than it can."""


class Call:
    """A function that a thread is to run, and the asyncio future of its result: cheaper than a concurrent one."""

    __slots__ = ("checkout", "function", "future", "loop")

    def __init__(self, checkout: "Checkout", function: Callable[[], Any]) -> None:
        self.checkout, self.function = checkout, function
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    def run(self) -> None:
        """In the thread."""
        result, error = None, None
        if not self.future.cancelled():
            try:
                result = self.checkout.run(self.function)
            except BaseException as caught:  # noqa: BLE001 - it is raised where the result is awaited
                error = caught
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self.finish, result, error)

    def finish(self, result: Any, error: BaseException | None) -> None:
        self.checkout.call_ended()
        if self.future.done():  # cancelled meanwhile
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class PoolThread:
    def __init__(self, name: str) -> None:
        self.calls: SimpleQueue[Call | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while call := self.calls.get():
            call.run()
            del call  # or its result would stay until the next one
        connections.close_all()


class ThreadPool:
    """Up to `size` threads, started as they are needed, and the queue of the requests that wait for one.

    A request waits for at most `queue_timeout` seconds, behind at most `queue_length` others; else its call raises
    PoolTimeout. Everything here happens on the event loop.
    """

    def __init__(self, size: int, *, queue_length: int, queue_timeout: float) -> None:
        self.size, self.queue_length, self.queue_timeout = size, queue_length, queue_timeout
        self.started = 0
        self.idle: list[PoolThread] = []  # the last one returned is taken first: its connection is the warmest
        self.queue: deque[Checkout] = deque()
        self.streaming = ThreadPoolExecutor(STREAMING_THREADS, thread_name_prefix="streaming")

    @property
    def checked_out(self) -> int:
        return self.started - len(self.idle)

    @property
    def is_full(self) -> bool:
        """Whether no thread is idle, and no further request can wait for one."""
        return not self.idle and self.started == self.size and len(self.queue) >= self.queue_length

    def take(self) -> PoolThread | None:
        if self.idle:
            return self.idle.pop()
        if self.started == self.size:
            return None
        self.started += 1
        return PoolThread(f"pool-{self.started}")

    def put_back(self, thread: PoolThread) -> None:
        while self.queue:
            if (checkout := self.queue.popleft()).is_wanted():
                checkout.begin(thread)
                return
            checkout.stop_waiting()
        self.idle.append(thread)

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do some work outside of any request."""
        with Checkout(self, health_check=False):
            await work()

    def close(self) -> None:
        """End the idle threads; the others end with the process."""
        idle, self.idle = self.idle, []
        for thread in idle:
            thread.calls.put(None)
        for thread in idle:
            thread.thread.join(timeout=1)
        self.streaming.shutdown(wait=False, cancel_futures=True)


class Checkout(Executor):
    """One request's use of the pool: asgiref hands it the request's sync calls, one after the other.

    `health_check` makes an open connection prove itself before it is used, which costs PostgreSQL a query; a request
    that can be repeated does without. `disconnected` returns when the client has left: then nobody waits any more.
    """

    def __init__(
        self,
        pool: ThreadPool,
        *,
        health_check: bool,
        disconnected: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.pool, self.health_check, self.disconnected = pool, health_check, disconnected
        self.thread: PoolThread | None = None
        self.is_streaming = self.has_begun = False
        self.unfinished = 0  # calls that are in the thread's queue, or running
        self.waiting: list[Call] = []
        self.limits: list[asyncio.TimerHandle | asyncio.Task[None]] = []  # what ends the wait

    def __enter__(self) -> Self:
        AsyncToSync.loop_thread_executors.setdefault(asyncio.get_running_loop(), CURRENT)  # type: ignore[arg-type]
        self.token: Token[Checkout | None] = current_checkout.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        current_checkout.reset(self.token)
        self.end()

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Called on the event loop only, by asgiref: it awaits what this returns, an asyncio future or another."""
        if self.is_streaming:
            return self.pool.streaming.submit(run_alone, function, *args, **kwargs)
        call = Call(self, partial(function, *args, **kwargs))
        if self.thread:
            self._start(call)
        elif thread := self.pool.take():
            self.waiting.append(call)
            self.begin(thread)
        elif self.waiting or not self.pool.is_full:
            self._wait(call)
        else:
            call.future.set_exception(PoolTimeout())
        return call.future

    def begin(self, thread: PoolThread) -> None:
        """Hold the thread from now on."""
        self.thread, self.has_begun = thread, False
        for call in self._end_wait():
            self._start(call)

    def is_wanted(self) -> bool:
        """Whether somebody still waits for one of the calls."""
        return any(not call.future.cancelled() for call in self.waiting)

    def release(self) -> None:
        """Hold no thread until the next call; does nothing while one runs."""
        if self.thread and not self.unfinished:
            thread, self.thread = self.thread, None
            self.pool.put_back(thread)

    def end(self) -> None:
        """The response begins, or the request has ended. The thread is returned once its last call has finished."""
        self.is_streaming = True
        self.stop_waiting()
        self.release()

    def call_ended(self) -> None:
        self.unfinished -= 1
        if self.is_streaming:
            self.release()

    def stop_waiting(self) -> None:
        if self.limits:
            with suppress(ValueError):
                self.pool.queue.remove(self)
        for call in self._end_wait():
            if not call.future.done():
                call.future.set_exception(PoolTimeout())

    def run(self, function: Callable[[], Any]) -> Any:
        """In the thread. The first call prepares its connections: one hop costs less than two."""
        if not self.has_begun:
            self.has_begun = True
            self._prepare_connections()
        return function()

    def _start(self, call: Call) -> None:
        assert self.thread  # noqa: S101 - for the type checker
        self.unfinished += 1
        self.thread.calls.put(call)

    def _wait(self, call: Call) -> None:
        if not self.waiting:
            loop = asyncio.get_running_loop()
            self.pool.queue.append(self)
            self.limits = [loop.call_later(self.pool.queue_timeout, self.stop_waiting)]
            if self.disconnected:
                self.limits.append(loop.create_task(self._watch(self.disconnected)))
        self.waiting.append(call)

    async def _watch(self, disconnected: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await disconnected()
        self.stop_waiting()

    def _end_wait(self) -> list[Call]:
        for limit in self.limits:
            limit.cancel()
        calls, self.waiting, self.limits = self.waiting, [], []
        return calls

    def _prepare_connections(self) -> None:
        """What Django does between two requests: drop connections that failed or are too old."""
        close_old_connections()
        if not self.health_check:
            for connection in connections.all(initialized_only=True):
                connection.health_check_done = True  # type: ignore[attr-defined]


def run_alone(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    close_old_connections()
    return function(*args, **kwargs)


class CurrentCheckout(Executor):
    """What asgiref is given once for an event loop: passes each sync call on to its own request's checkout.

    A ThreadSensitiveContext for each request would do the same at a higher price. (`loop_thread_executors` and
    `single_thread_executor` as in asgiref 3.13.0.)
    """

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        executor: Executor = current_checkout.get() or SyncToAsync.single_thread_executor
        return executor.submit(function, *args, **kwargs)


CURRENT = CurrentCheckout()


def disconnect_signals() -> None:
    """Take off Django's receivers whose work a checkout does, or for which there is nothing to do.

    Each would cost every request a hop to a thread: connections are looked after by the checkout, the local-memory
    cache has nothing to close, and a request has a context of its own, and so its own urlconf.
    """
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(reset_urlconf)
