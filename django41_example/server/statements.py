"""The statements of requests: their time limit, how they are interrupted, and the meaning of their errors.

SQLite has no time limit of its own, so the pool checks its threads every quarter of a second and interrupts statements
that run too long. SQLite's progress handler would make every statement wait for Python's lock. PostgreSQL enforces the
limit itself.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import Error, InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

STATEMENT_SECONDS = 5.0  # for a statement of a request; jobs and commands have no limit
LOCK_SECONDS = 3.0  # that a request waits for another writer
CANCEL_SECONDS = 2.0  # to send PostgreSQL a cancel request
# JIT takes longer than a request's statements, and parallel workers use the processors that other requests need.
ONE_PROCESSOR = "SET jit = off; SET max_parallel_workers_per_gather = 0"

Refusal = tuple[int, str, Mapping[str, str]]

TOO_LONG: Refusal = (
    503,
    "This takes too long and was stopped. Narrow the search, for example by one more word, a topic or a year.",
    {"Retry-After": "5"},
)
LOCKED: Refusal = (
    503,
    "Another program is still writing to the catalogue. Nothing was changed: try again in a few seconds.",
    {"Retry-After": "5"},
)
CONFLICT: Refusal = (
    503,
    "Somebody else changed the same thing at the same moment, so nothing was saved. Try again.",
    {"Retry-After": "1"},
)
DISK_FULL: Refusal = (
    507,
    "The catalogue's disk is full, so nothing was saved. Ask its operator to free some space.",
    {},
)
DISK_FAILS: Refusal = (
    503,
    "The catalogue cannot use its disk. The server's log has the reason.",
    {"Retry-After": "30"},
)
READ_ONLY: Refusal = (
    503,
    "The catalogue can only be read at the moment, so nothing was saved. The server's log has the reason.",
    {"Retry-After": "30"},
)
DAMAGED: Refusal = (
    503,
    "The catalogue's database is damaged. Ask its operator to restore a backup.",
    {"Retry-After": "300"},
)
NO_DATABASE: Refusal = 503, "The database does not answer. Try again.", {"Retry-After": "2"}
# By the start of SQLite's name of the error, or by PostgreSQL's SQLSTATE.
REFUSALS = {
    "SQLITE_INTERRUPT": TOO_LONG,
    "57014": TOO_LONG,  # query_canceled
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "55P03": LOCKED,  # lock_not_available
    "40001": CONFLICT,  # serialization_failure
    "40P01": CONFLICT,  # deadlock_detected
    "SQLITE_FULL": DISK_FULL,
    "53100": DISK_FULL,  # disk_full
    "SQLITE_IOERR": DISK_FAILS,
    "SQLITE_CANTOPEN": DISK_FAILS,
    "58030": DISK_FAILS,  # io_error
    "SQLITE_READONLY": READ_ONLY,
    "25006": READ_ONLY,  # read_only_sql_transaction
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "XX001": DAMAGED,  # data_corrupted
    "XX002": DAMAGED,  # index_corrupted
}


def refusal(error: Error) -> Refusal | None:
    """The status, advice and headers for an error of the database; None if the error is our own."""
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    otherwise = NO_DATABASE if isinstance(error, OperationalError | InterfaceError) else None
    return next((found for start, found in REFUSALS.items() if code.startswith(start)), otherwise)


def limit_statements(*, seconds: float = STATEMENT_SECONDS, lock_seconds: float = LOCK_SECONDS) -> None:
    """Limit the time of statements and of their waits for locks, for all connections that this process will open."""

    def limit(connection: BaseDatabaseWrapper, **_: Any) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(f"PRAGMA busy_timeout = {lock_seconds * 1000:.0f}")
            else:
                limits = f"SET statement_timeout = {seconds * 1000:.0f}; SET lock_timeout = {lock_seconds * 1000:.0f}"
                cursor.execute(f"{limits}; {ONE_PROCESSOR}")

    connection_created.connect(limit, weak=False, dispatch_uid="limit_statements")


class Statements:
    """The statements of one thread."""

    def __init__(self) -> None:
        self.database: Any = None
        self.began = time.monotonic()  # the latest

    def watch(self, database: BaseDatabaseWrapper) -> None:
        """Record the statements of the thread's connection. Call it in the thread."""
        self.database = database
        database.execute_wrappers.append(self._execute)

    def _execute(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.began = time.monotonic()
        return execute(sql, params, many, context)

    def is_late(self, now: float, limit: float) -> bool:
        """Whether the latest one has run for longer than `limit` seconds. Not for PostgreSQL, which enforces its limit
        itself: a thread that has computed for so long must not lose its next statement."""
        return now - self.began > limit and self.database is not None and self.database.vendor == "sqlite"

    def interrupt(self) -> None:
        """Interrupt the running statement, if there is one. Call it in another thread."""
        if self.database is None or (connection := self.database.connection) is None:
            return
        try:
            if self.database.vendor == "sqlite":
                connection.interrupt()
            else:
                connection.cancel_safe(timeout=CANCEL_SECONDS)
        except self.database.Database.Error:  # it has already ended
            pass


@contextmanager
def preparing(connection: Any) -> Iterator[None]:
    """Let psycopg prepare a repeated statement, but none of Django's: it would store their last hundred texts with all
    values, which takes many megabytes for inserted rows."""
    connection.prepare_threshold = 1
    try:
        yield
    finally:
        connection.prepare_threshold = None
