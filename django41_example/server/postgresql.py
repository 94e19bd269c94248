"""Runs queries to PostgreSQL from the event loop, on the connection of the request's thread.

A hop to that thread and Django's cursor cost more than a short query. And Django's cursor writes the values into the
SQL, so that PostgreSQL plans each query anew; here it keeps the plan. `_execute_gen` as in psycopg 3.3.9.
"""

import time
from collections.abc import Sequence
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq import TransactionStatus

from django41_example.server.threads import Call, PoolThread


class LoopQuery(Call):
    """A statement that only reads. If the connection must be opened or checked first, the thread runs it."""

    def __init__(self, checkout: Any, sql: str, parameters: Sequence[Any]) -> None:
        super().__init__(checkout, self._read_in_thread)
        self.sql, self.parameters = sql, parameters

    def start(self, thread: PoolThread) -> None:
        database = thread.statements.database
        if self.checkout.health_check or not is_ready(database) or not database.connection.lock.acquire(blocking=False):
            super().start(thread)
            return
        self.database, self.connection, self.began = database, database.connection, time.monotonic()
        self.connection.prepare_threshold = 1  # see `preparing`
        self.socket = self.connection.pgconn.socket
        # The connection's own, as a new one copies all adapters of psycopg, which takes as long as a short query.
        self.cursor = getattr(self.connection, "loop_cursor", None) or psycopg.Cursor(self.connection)
        self.connection.loop_cursor = self.cursor
        self.steps = self.cursor._execute_gen(self.sql, self.parameters, prepare=True)
        self._go_on()

    def _go_on(self, ready: int = 0) -> None:
        """Start the statement, or continue it as its socket is `ready` for reading or writing."""
        rows, error = None, None
        try:
            with self.database.wrap_database_errors:
                if self._must_wait(ready):
                    return
                rows = self.cursor.fetchall()
        except Exception as caught:  # noqa: BLE001 - it is raised where the result is awaited
            error = caught
        self.connection.prepare_threshold = None
        self.connection.lock.release()
        self.checkout.used += time.monotonic() - self.began
        self.finish(rows, error)

    def _must_wait(self, ready: int) -> bool:
        """Take the next step of the statement. Returns whether it must then wait for its socket."""
        if ready:
            self.loop.remove_reader(self.socket)
            self.loop.remove_writer(self.socket)
        try:
            wait = self.steps.send(ready) if ready else next(self.steps)
        except StopIteration:
            return False
        if wait & EVENT_READ:
            self.loop.add_reader(self.socket, self._go_on, EVENT_READ)
        if wait & EVENT_WRITE:
            self.loop.add_writer(self.socket, self._go_on, EVENT_WRITE)
        return True

    def _read_in_thread(self) -> Any:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self.sql, self.parameters)
            return cursor.fetchall()


def is_ready(database: Any) -> bool:
    """Whether the loop may use the connection: it works, has no transaction, and nobody records its queries."""
    return (
        getattr(database, "connection", None) is not None
        and not (database.errors_occurred or database.queries_logged)
        and database.connection.pgconn.transaction_status == TransactionStatus.IDLE
    )
