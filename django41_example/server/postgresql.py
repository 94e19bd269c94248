"""Queries that the event loop itself asks PostgreSQL, on the connection of the thread that a request holds.

A hop to that thread and Django's cursor cost more than a short query does; and Django's cursor writes the values into
the SQL, so PostgreSQL plans each query anew, where here it keeps the plan. `_execute_gen` as in psycopg 3.3.9.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq import TransactionStatus
from psycopg.waiting import wait_async

from django41_example.server.statements import preparing
from django41_example.server.threads import Call, PoolThread


class LoopQuery(Call):
    """One statement that only reads. The thread runs it where its connection must be opened or looked at first."""

    def __init__(self, checkout: Any, sql: str, parameters: Sequence[Any]) -> None:
        super().__init__(checkout, self._read_in_thread)
        self.sql, self.parameters = sql, parameters

    def start(self, thread: PoolThread) -> None:
        database = thread.statements.database
        if self.checkout.health_check or not is_ready(database) or not database.connection.lock.acquire(blocking=False):
            super().start(thread)
        else:
            self.task = asyncio.create_task(self._read(database))

    async def _read(self, database: Any) -> None:
        began, rows, error = time.monotonic(), None, None
        connection = database.connection
        try:
            with database.wrap_database_errors, preparing(connection):
                cursor = psycopg.Cursor(connection)
                statement = cursor._execute_gen(self.sql, self.parameters, prepare=True)
                await wait_async(statement, connection.pgconn.socket, interval=1)
                rows = cursor.fetchall()
        except Exception as caught:  # noqa: BLE001 - it is raised where the result is awaited
            error = caught
        finally:
            connection.lock.release()
        self.checkout.used += time.monotonic() - began
        self.finish(rows, error)

    def _read_in_thread(self) -> Any:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self.sql, self.parameters)
            return cursor.fetchall()


def is_ready(database: Any) -> bool:
    """Whether the loop may use it now: it is open and has not failed, nobody notes its queries, no transaction runs."""
    return (
        getattr(database, "connection", None) is not None
        and not (database.errors_occurred or database.queries_logged)
        and database.connection.pgconn.transaction_status == TransactionStatus.IDLE
    )
