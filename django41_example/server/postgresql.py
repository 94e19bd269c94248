"""Queries that the event loop itself asks PostgreSQL, on the connection of the thread that a request holds.

A hop to that thread and Django's cursor cost more than a short query does; and Django's cursor writes the values into
the SQL, so PostgreSQL plans each query anew, where here it keeps the plan. The loop does not wait: it sends, and reads
what has arrived. Names of psycopg 3.3.9.
"""

import re
import time
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus

from django41_example.server.pool_thread import Call, PoolThread

MOST_PREPARED = 100  # queries that a connection keeps
GOOD = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}

prepared: WeakKeyDictionary[Any, dict[Any, bytes]] = WeakKeyDictionary()  # their names, by connection, SQL and types
numbers = count(1)


class LoopQuery(Call):
    """One statement that only reads. The thread runs it where its connection must be opened or looked at first."""

    def __init__(self, checkout: Any, sql: str, parameters: Sequence[Any]) -> None:
        super().__init__(checkout, self._read_in_thread)
        self.sql, self.parameters = sql, parameters
        self.error: Exception | None = None
        self.result: Any = None

    def _read_in_thread(self) -> Any:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self.sql, self.parameters)
            return cursor.fetchall()

    def start(self, thread: PoolThread) -> None:
        self.database = thread.statements.database
        is_ready_now = is_ready(self.database) and not self.checkout.health_check
        if not is_ready_now or not self.database.connection.lock.acquire(blocking=False):
            super().start(thread)
            return
        self.began, self.connection = time.monotonic(), self.database.connection
        self.pgconn, self.socket = self.connection.pgconn, self.connection.pgconn.socket
        self.loop.add_reader(self.socket, self._receive)
        try:
            self._prepare()
            self.steps.pop(0)()
        except Exception as error:  # noqa: BLE001 - it is raised where the result is awaited
            self._end(error)

    def _prepare(self) -> None:
        """What is to be sent, one after the other."""
        dumped = [dump(self.connection, value) for value in self.parameters]
        types, values = tuple(oid for oid, _ in dumped), [value for _, value in dumped]
        names, self.steps = prepared.setdefault(self.connection, {}), list[Callable[[], None]]()
        if (name := names.get((self.sql, types))) is None:
            if len(names) >= MOST_PREPARED:
                self.steps.append(partial(self.pgconn.send_query, b"DEALLOCATE " + names.pop(next(iter(names)))))
            name = b"loop_%d" % next(numbers)
            self.steps.append(partial(self.pgconn.send_prepare, name, numbered(self.sql), types))

        def execute() -> None:
            names[self.sql, types] = name  # which by now it has
            self.pgconn.send_query_prepared(name, values)

        self.steps.append(execute)

    def _receive(self) -> None:
        """Something came from the server."""
        try:
            self.pgconn.consume_input()
            while not self.pgconn.is_busy():
                result = self.pgconn.get_result()
                if result is None and (self.error or not self.steps):
                    self._end(self.error)
                    return
                if result is None:
                    self.steps.pop(0)()
                elif result.status in GOOD:
                    self.result = result
                else:
                    self.error = error_of(result)
        except Exception as error:  # noqa: BLE001 - it is raised where the result is awaited
            self._end(error)

    def _end(self, error: Exception | None) -> None:
        self.loop.remove_reader(self.socket)
        self.connection.lock.release()
        self.checkout.used += time.monotonic() - self.began
        rows = None
        try:
            with self.database.wrap_database_errors:
                rows = self._rows(error)
        except Exception as raised:  # noqa: BLE001 - it is raised where the result is awaited
            error = raised
        self.finish(rows, error)

    def _rows(self, error: Exception | None) -> Any:
        if error:
            raise error
        transformer = Transformer(self.connection)
        transformer.set_pgresult(self.result)
        return transformer.load_rows(0, self.result.ntuples, tuple)


def is_ready(database: Any) -> bool:
    """Whether the loop may use it now: it is open and has not failed, nobody notes its queries, no transaction runs."""
    return (
        database is not None
        and database.connection is not None
        and not (database.errors_occurred or database.queries_logged)
        and database.connection.pgconn.transaction_status == TransactionStatus.IDLE
    )


def dump(connection: Any, value: Any) -> tuple[int, Any]:
    """The type of a parameter, 0 if PostgreSQL is to find it out, and its text."""
    if value is None:
        return 0, None
    dumper = connection.adapters.get_dumper(type(value), PyFormat.TEXT)(type(value), connection)
    dumper = dumper.upgrade(value, PyFormat.TEXT)  # a number's depends on its size
    return dumper.oid, dumper.dump(value)


def error_of(result: Any) -> psycopg.Error:
    state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:
        kind = psycopg.DatabaseError
    return kind(result.get_error_message())


@lru_cache(1000)
def numbered(sql: str) -> bytes:
    """The SQL as PostgreSQL itself has it: $1 for the first %s, and % for %%."""
    places = count(1)
    return re.sub("%[s%]", lambda match: f"${next(places)}" if match[0] == "%s" else "%", sql).encode()
