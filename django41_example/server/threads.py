"""The pool of threads in which Django's sync code runs: few, long-lived, each with an open database connection.

Django promises that all sync code of a request runs in one thread, since database connections belong to threads. It
keeps that promise with a new thread, and so a new connection, for each request. Here a request checks out a thread when
it first needs one, and returns it when its response starts. If all are checked out, requests wait in a queue with
limits on length and time (`thread_pool`). Before a request waits for anything else, such as another server, it calls
`release`. Calls made while a response is being sent run one by one in a few separate threads, so that slow clients
block nobody.
"""

import asyncio
import threading
import time
from bisect import insort
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from contextvars import ContextVar, Token, copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, Self

from asgiref.sync import AsyncToSync, SyncToAsync, sync_to_async
from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections, reset_queries
from django.urls import set_script_prefix

from django41_example.server.statements import Statements

TURN = 0.1  # seconds that a request may hold its thread between two calls while others wait
BEHIND = 1.0  # seconds that each turn moves a request back in the queue: only for so long others overtake it

current_checkout: ContextVar["Checkout | None"] = ContextVar("current_checkout", default=None)


def release() -> None:
    """Return this request's thread before a wait. Its next sync call checks out a thread, perhaps another one.

    Nothing of the connection may be open. No transaction is, since each is one sync call. Outside requests, such as in
    a job, this does nothing.
    """
    if checkout := current_checkout.get():
        checkout.release()


class PoolTimeout(Exception):
    """No thread became free in time, since the server is overloaded; or nobody waits for the call any more."""


class Call:
    """A function for a thread, and the asyncio future of its result, which is cheaper than a concurrent.futures one."""

    __slots__ = ("checkout", "function", "future", "loop")

    def __init__(self, checkout: Any, function: Callable[[], Any]) -> None:
        self.checkout, self.function = checkout, function
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    def start(self, thread: "PoolThread") -> None:
        # Once the loop is idle: a thread that wakes up earlier would only wait for Python's lock.
        self.loop.call_soon(thread.calls.put, self)

    def run(self, statements: Statements) -> None:
        """Run the function in the thread. A request's first call also prepares the connection, which saves a hop."""
        result, error, checkout = None, None, self.checkout
        if not self.future.done():
            began = statements.began = time.monotonic()
            try:
                if not checkout.has_begun:
                    checkout.has_begun, database = True, statements.database
                    if database.errors_occurred or checkout.health_check:
                        database.close_if_unusable_or_obsolete()  # if it failed, like Django between requests
                    database.health_check_done = not checkout.health_check
                result = self.function()
            except BaseException as caught:  # noqa: BLE001 - it is raised where the result is awaited
                error = caught
            checkout.used += time.monotonic() - began
        try:
            self.loop.call_soon_threadsafe(self.finish, result, error)
        except RuntimeError:  # the loop is closed, so nobody waits any more
            return

    def finish(self, result: Any, error: BaseException | None) -> None:
        checkout = self.checkout
        checkout.unfinished.discard(self)
        if checkout.is_streaming or (checkout.used >= TURN and checkout.pool.is_for_another(checkout)):
            checkout.release()
        if self.future.done():  # nobody waits any more
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)

    def give_up(self) -> None:
        """Cancel the call, as nobody waits for it any more."""
        if not self.future.done():
            self.future.set_exception(PoolTimeout())


class PoolThread:
    def __init__(self, name: str, pool: Any) -> None:
        self.pool, self.statements = pool, Statements()
        self.calls: SimpleQueue[Call | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.statements.watch(connections[DEFAULT_DB_ALIAS])
        while call := self.calls.get():
            call.run(self.statements)
            del call  # otherwise its result would stay in memory until the next call
        connections.close_all()


class Checkout(Executor):
    """One request's use of a ThreadPool: asgiref passes it the request's sync calls, one after the other.

    `client` is the address of its client. For a request that `writes`, an open connection is tested before use, which
    costs PostgreSQL a query, and the request runs until it ends. Any other request can be repeated, and ends when its
    client leaves. `disconnected` returns when that happens.
    """

    def __init__(
        self,
        pool: Any,
        *,
        writes: bool,
        client: str = "",
        disconnected: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.pool, self.client, self.writes, self.disconnected = pool, client, writes, disconnected
        self.health_check = writes
        self.thread: PoolThread | None = None
        self.is_streaming = self.has_begun = False
        self.used = 0.0  # the running time of its calls, in seconds
        self.unfinished: set[Call] = set()  # queued in the thread or running
        self.waiting: list[Call] = []
        self.queued_at: float | None = None  # when it entered the pool's queue, by time.monotonic
        self.watching: asyncio.Task[None] | None = None  # whether the client is still there
        self.interrupting: asyncio.Future[None] | None = None
        self.catalogue_version: int | None = None  # as this request has seen it

    def __enter__(self) -> Self:
        AsyncToSync.loop_thread_executors.setdefault(asyncio.get_running_loop(), CURRENT)  # type: ignore[arg-type]
        self.token: Token[Checkout | None] = current_checkout.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        current_checkout.reset(self.token)
        if not self.is_streaming:
            self.end()

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Called by asgiref, on the event loop; it awaits the asyncio future that this returns."""
        return self.call(Call(self, partial(function, *args, **kwargs)))

    def call(self, call: Call) -> "asyncio.Future[Any]":
        """Run the call once this request has a thread."""
        if not (self.thread or self.waiting):
            self.thread, self.has_begun = self.pool.take(self), False
        if self.thread:
            if not self.unfinished:
                self.thread.statements.began = time.monotonic()  # not when the last call of another request ended
            self.unfinished.add(call)
            call.start(self.thread)
        elif self.waiting or self.used or not self.pool.is_full(self.client, writes=self.writes):
            self._wait(call)
        else:
            call.future.set_exception(PoolTimeout())
        return call.future

    def place(self) -> float:
        """Its place in the queue, by time.monotonic."""
        return (self.queued_at or time.monotonic()) + BEHIND * int(self.used / TURN)

    def begin(self, thread: PoolThread) -> None:
        """Hold this thread from now on."""
        self.thread, self.has_begun = thread, False
        for call in self._end_wait():
            self.call(call)

    def is_wanted(self) -> bool:
        """Whether anybody still awaits one of the calls."""
        return any(not call.future.done() for call in (*self.waiting, *self.unfinished))

    def look(self, now: float) -> None:
        """End a wait or statement that takes too long or that nobody awaits. Called periodically while it waits for a
        thread or holds one."""
        if self.queued_at is not None:
            if now - self.queued_at > self.pool.limits.queue_timeout:
                self.stop_waiting()
            else:
                self._watch()
        if not self.thread or not self.unfinished:
            return
        if now - self.thread.statements.began > TURN:
            self.thread.pool.note(self)
        is_late = self.thread.statements.is_late(now, self.thread.pool.limits.statement_timeout)
        if is_late or not (self.writes or self.is_wanted()):
            self._interrupt(self.thread)
        elif not self.writes:
            self._watch()

    def release(self) -> None:
        """Return the thread until the next call. Does nothing while a call is running."""
        if self.thread and not self.unfinished and not self.interrupting:
            thread, self.thread = self.thread, None
            thread.pool.put_back(thread, self)

    def end(self) -> None:
        """Return the thread once its last call has finished, as the response starts or the request has ended.

        From now on each call checks out its own thread, and the connection is tested before each.
        """
        if self.waiting:
            self.stop_waiting()
        if self.watching:
            self.watching.cancel()
        self.is_streaming = self.health_check = True
        self.disconnected, self.pool = None, self.pool.streaming
        self.release()

    def stop_waiting(self) -> None:
        if self.queued_at is not None:
            with suppress(ValueError):
                self.pool.queue.remove(self)
        for call in self._end_wait():
            call.give_up()

    def _wait(self, call: Call) -> None:
        if not self.waiting:
            self.queued_at = time.monotonic()
            insort(self.pool.queue, self, key=Checkout.place)
        self.waiting.append(call)

    def _watch(self) -> None:
        """Notice when the client leaves."""
        if self.disconnected and self.watching is None:
            self.watching = asyncio.get_running_loop().create_task(self._until_client_leaves(self.disconnected))

    async def _until_client_leaves(self, disconnected: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await disconnected()
        self.stop_waiting()
        if self.thread and self.unfinished and not self.writes:
            for call in self.unfinished:
                call.give_up()
            self._interrupt(self.thread)

    def _interrupt(self, thread: PoolThread) -> None:
        """Interrupt the statement. The thread is kept until then, so that no other request's statement is hit."""
        if self.interrupting is None:
            loop = asyncio.get_running_loop()
            self.interrupting = loop.run_in_executor(None, thread.statements.interrupt)
            self.interrupting.add_done_callback(self._interrupted)

    def _interrupted(self, _: object) -> None:
        self.interrupting = None
        if self.is_streaming:
            self.release()

    def _end_wait(self) -> list[Call]:
        calls, self.waiting, self.queued_at = self.waiting, [], None
        return calls


async def in_thread[**P, R](function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that only reads in this request's thread: `sync_to_async(function)(...)` at a fifth of the cost.

    The function sees the request's context variables, but its changes to them are lost. If the request is cancelled,
    nobody waits for the function.
    """
    checkout = current_checkout.get()
    if checkout is None:  # outside requests to our server, as in a job or a test
        return await sync_to_async(function)(*args, **kwargs)
    calls = (with_prefix, function) if settings.SCRIPT_NAME else (function,)
    run: Any = copy_context().run
    result: R = await checkout.call(Call(checkout, partial(run, *calls, *args, **kwargs)))
    return result


def with_prefix[**P, R](function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Set the prefix for `reverse`, which is in asgiref's Local: only sync_to_async carries that between threads."""
    set_script_prefix(settings.SCRIPT_NAME)
    return function(*args, **kwargs)


class CurrentCheckout(Executor):
    """asgiref's executor for an event loop, which passes each sync call to the checkout of its request.

    A ThreadSensitiveContext per request would do the same but cost more. (`loop_thread_executors` and
    `single_thread_executor` as in asgiref 3.13.0.)
    """

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        executor: Executor = current_checkout.get() or SyncToAsync.single_thread_executor
        return executor.submit(function, *args, **kwargs)


CURRENT = CurrentCheckout()


def disconnect_signals() -> None:
    """Disconnect Django's receivers that are not needed here, as each would cost every request a hop to a thread.

    The checkout manages connections, the local-memory cache has nothing to close, and each request has its own context
    and so its own urlconf.
    """
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(reset_urlconf)
