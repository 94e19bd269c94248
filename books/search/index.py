"""The index of words, and how it stays in step with the books, no matter who writes them.

Only our own code can turn a text into words (books.metadata.text), but other programs write to the database too. So
triggers note which books have changed since they were indexed: SQLite in a table, PostgreSQL by setting words to NULL.

- Our own writes update the index in their own transaction (`keep_in_step`). They leave no notes, and no search waits
  for them.
- Other programs leave notes. A search first indexes those books (`catch_up`), so its results are never older than
  what was written.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from books.search import index_postgresql, index_sqlite
from books.search.compiled_query import fetch

PORTION = 100  # books indexed in one transaction, for which other writers wait a twentieth of a second
LARGE_PORTION = 2000  # during an upgrade, when they wait anyway
PATIENCE = 5.0  # seconds that a search waits for the index
PAUSE = 0.02  # seconds
BEHIND = "Another program has changed many books, and the search is still indexing them. Try again in a few seconds."
Report = Callable[[int], None]  # gets the number of books just indexed
KINDS = {"sqlite": index_sqlite, "postgresql": index_postgresql}
_remembered: dict[str, str] = {}  # the digest of the texts in the index, by database


class Behind(OperationalError):
    """The index could not catch up in time. The message says so, and what to do."""


def keep_in_step(pks: Iterable[int]) -> None:
    """Index these books. Call it within the transaction that wrote them."""
    if written := list(pks):
        with connection.cursor() as cursor:
            KINDS[connection.vendor].index(cursor, written)


def index_new(rows: Iterable[Mapping[str, Any]]) -> None:
    """The same for new books, from the columns just inserted; on PostgreSQL these include the words."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            index_sqlite.index_new(cursor, rows)


def catch_up() -> None:
    """Index what other programs have written. Call it in a thread, before a search. Raises Behind."""
    try:
        if fetch(KINDS[connection.vendor].CHANGED, [1]):
            _catch_up(connection, PATIENCE)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise Behind(BEHIND) from error
        raise


@contextmanager
def using_index(*, is_current: bool = False) -> Iterator[None]:
    """Around a search, in a thread: brings the index up to date unless it `is_current`, and makes PostgreSQL use it.

    Otherwise PostgreSQL unpacks the words row by row, which takes minutes for a million books. With its usual 4 MB of
    memory it forgets which rows of a page match and unpacks them all, so counting 380,000 books takes three times as
    long.
    """
    if not is_current:
        catch_up()
    if connection.vendor == "sqlite":
        yield
        return
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL work_mem = '32MB'")
        yield


def _catch_up(database: Any, seconds: float, report: Report = lambda books: None) -> None:
    index, until = KINDS[database.vendor], time.monotonic() + seconds
    with database.cursor() as cursor:
        while index.changed_books(cursor, 1):
            if time.monotonic() > until:
                raise Behind(BEHIND)
            with transaction.atomic(database.alias, savepoint=False):  # as FTS5 would write at each of them
                noted = index.changed_books(cursor, PORTION if until < math.inf else LARGE_PORTION, to_write=True)
                index.index(cursor, noted)
            report(len(noted))
            if not noted or until < math.inf:  # somebody else is writing these books, or waiting to write
                time.sleep(PAUSE)


def rebuild() -> Iterator[int]:
    """Build a new SQLite index beside the one in use; yields the number of books in each portion.

    No portion keeps other writers waiting for long. After an interruption, the next rebuild continues from there.
    """
    with connection.cursor() as cursor:
        _delete_old(connection, cursor)
        with transaction.atomic():
            index_sqlite.begin_rebuild(cursor)
        while portion := index_sqlite.next_portion(cursor, PORTION):
            last, books = portion
            with transaction.atomic():
                index_sqlite.add_portion(cursor, last, books)
            yield len(books)
        _delete_old(connection, cursor)


def _delete_old(database: Any, cursor: Any) -> None:
    while not index_sqlite.is_old_deleted(cursor):
        with transaction.atomic(database.alias):
            index_sqlite.delete_old(cursor)
        time.sleep(PAUSE)


def remember(database: BaseDatabaseWrapper) -> None:
    """Before migrations: remember which texts the index matches. Tables that SQLite rebuilds lose their triggers."""
    with database.cursor() as cursor:
        if database.vendor == "sqlite" and index_sqlite.is_installed(cursor):
            _catch_up(database, math.inf)
            _remembered[database.alias] = index_sqlite.digest(cursor)


def is_current(database: BaseDatabaseWrapper) -> bool:
    """Whether all books are indexed by this version's rules, and so everything derived from them is right.

    True also if they were so before a migration that lost only SQLite's triggers.
    """
    if database.alias in _remembered:
        return True
    with database.cursor() as cursor:
        return bool(KINDS[database.vendor].is_installed(cursor))


def install(database: BaseDatabaseWrapper, report: Report = lambda books: None) -> None:
    """Install the tables and triggers that note changes. If they were missing, index all books again.

    `remember` can spare that, if it saw the same texts indexed by the same rules. After an interruption, the next call
    continues.
    """
    install_kind = _install_in_sqlite if database.vendor == "sqlite" else _install_in_postgresql
    with database.cursor() as cursor:
        install_kind(database, cursor, report)
    _catch_up(database, math.inf, report)


def _install_in_sqlite(database: BaseDatabaseWrapper, cursor: Any, report: Report) -> None:
    before = _remembered.pop(database.alias, None)
    index_sqlite.install_rebuilt(cursor)
    if not index_sqlite.is_installed(cursor):
        with transaction.atomic(database.alias):
            is_right = before and index_sqlite.install_triggers(cursor) and index_sqlite.digest(cursor) == before
            if not is_right:
                index_sqlite.install(cursor)
        _delete_old(database, cursor)


def _install_in_postgresql(database: BaseDatabaseWrapper, cursor: Any, report: Report) -> None:
    if index_postgresql.is_installed(cursor):
        return
    index_postgresql.install(cursor)
    last: int | None = 0
    while last is not None:
        with transaction.atomic(database.alias):
            last = index_postgresql.index_next(cursor, last, LARGE_PORTION)
        report(LARGE_PORTION)
    index_postgresql.finish(cursor)
