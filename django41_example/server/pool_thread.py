"""One thread of a pool, and the calls that it runs one after the other."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from django41_example.server.statements import Statements


class PoolTimeout(Exception):
    """No thread became free in time: the server has more to do than it can. Or nobody waits for the call any more."""


class Call:
    """A function that a thread is to run, and the asyncio future of its result: cheaper than a concurrent one."""

    __slots__ = ("checkout", "function", "future", "loop")

    def __init__(self, checkout: Any, function: Callable[[], Any]) -> None:
        self.checkout, self.function = checkout, function
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    def start(self, thread: "PoolThread") -> None:
        # Once the loop has nothing else to do: a thread that wakes before would only wait for Python's lock.
        self.loop.call_soon(thread.calls.put, self)

    def run(self) -> None:
        """In the thread."""
        result, error = None, None
        if not self.future.done():
            try:
                result = self.checkout.run(self.function)
            except BaseException as caught:  # noqa: BLE001 - it is raised where the result is awaited
                error = caught
        try:
            self.loop.call_soon_threadsafe(self.finish, result, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    def finish(self, result: Any, error: BaseException | None) -> None:
        self.checkout.call_ended(self)
        if self.future.done():  # nobody waits any more
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)

    def give_up(self) -> None:
        """Nobody waits for it any more."""
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
            call.run()
            del call  # or its result would stay until the next one
        connections.close_all()


@contextmanager
def preparing(connection: Any) -> Iterator[None]:
    """Have psycopg prepare a statement when it comes again.

    It would count Django's statements too, and so keep the last hundred texts with the values in them: of rows to be
    inserted these are many megabytes.
    """
    connection.prepare_threshold = 1
    try:
        yield
    finally:
        connection.prepare_threshold = None
