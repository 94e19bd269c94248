"""The index of words, and how it stays in step with the books, whoever writes them.

Only our own code knows how a text becomes words (books.metadata.text), and other programs write to the database too.
So the database itself notes which books have changed since they were indexed: SQLite in a table, PostgreSQL by words
that are NULL. What notes is plain SQL, which any program can run.

- Our own writes index what they wrote within their own transaction, `keep_in_step`: they leave no note behind, and
  nobody who searches waits for them.
- Other programs leave notes. Whoever searches looks first whether there are any, and indexes those books, `catch_up`:
  so what is found is never older than what was written.
"""

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from books.search import index_postgresql, index_sqlite

PORTION = 500  # books that are indexed in one transaction: other writers wait for a tenth of a second
PATIENCE = 5.0  # seconds that a search waits for the index
PAUSE = 0.02  # seconds
BEHIND = "Another program has changed many books, and the search is still learning of them: try again in some seconds."
KINDS = {"sqlite": index_sqlite, "postgresql": index_postgresql}
_remembered: dict[str, str] = {}  # the digest of the texts in the index, by database


class Behind(OperationalError):
    """The index could not catch up in time; the argument says so, and what to do."""


def keep_in_step(pks: Iterable[int]) -> None:
    """Index these books, which have just been written; to be called within the transaction that wrote them."""
    with connection.cursor() as cursor:
        KINDS[connection.vendor].index(cursor, list(pks))


def catch_up() -> None:
    """Index what other programs have written; to be called in a thread, before a search. Raises Behind."""
    _catch_up(connection, PATIENCE)


@contextmanager
def searching() -> Iterator[None]:
    """In a thread, around a search: the index has caught up, and PostgreSQL uses it."""
    catch_up()
    with using_index():
        yield


@contextmanager
def using_index() -> Iterator[None]:
    """Have PostgreSQL use the index of words, for what is asked beside a search that has caught up.

    Left alone it reads the packed words row by row: of a million books that takes minutes.
    """
    if connection.vendor == "sqlite":
        yield
        return
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        yield


def _catch_up(database: Any, seconds: float) -> None:
    index, until = KINDS[database.vendor], time.monotonic() + seconds
    with database.cursor() as cursor:
        while index.noted(cursor, 1):
            if time.monotonic() > until:
                raise Behind(BEHIND)
            with transaction.atomic(database.alias, savepoint=False):  # at each of which FTS5 would write
                noted = index.noted(cursor, PORTION, to_write=True)
                index.index(cursor, noted)
            if not noted:  # somebody else is writing just these books
                time.sleep(PAUSE)


def index_all() -> None:
    """Make SQLite's index again; to be called within a transaction, for which other writers wait."""
    with connection.cursor() as cursor:
        index_sqlite.note_all(cursor)
    _catch_up(connection, math.inf)


def remember(database: BaseDatabaseWrapper) -> None:
    """Before migrations: what the index is right for. SQLite loses triggers where Django makes a table anew."""
    with database.cursor() as cursor:
        if database.vendor == "sqlite" and index_sqlite.is_installed(cursor):
            _catch_up(database, math.inf)
            _remembered[database.alias] = index_sqlite.digest(cursor)


def install(database: BaseDatabaseWrapper) -> None:
    """Put into the database what notes the changes. Where it was missing, changes were too: all is indexed again.

    Unless the texts are those that were remembered before, which an earlier version of the rules has not indexed.
    """
    index: Any = KINDS[database.vendor]
    before = _remembered.pop(database.alias, None)
    with database.cursor() as cursor:
        if not index.is_installed(cursor):
            with transaction.atomic(database.alias):
                is_right = before and index_sqlite.install_triggers(cursor) and index_sqlite.digest(cursor) == before
                if not is_right:
                    index.install(cursor)
                    index.note_all(cursor)
                    _catch_up(database, math.inf)
    _catch_up(database, math.inf)
