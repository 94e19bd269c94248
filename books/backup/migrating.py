"""Loads a backup of an earlier version into a separate database, where migrations bring it up to date."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from books.backup.archive import Archive, BackupError, open_archive
from books.backup.restoring import is_current, load
from books.backup.writing import write
from books.models.derive import derive_all
from django41_example.environment import COMMAND

OUTDATED = f"This catalogue is not up to date: run “{COMMAND} prepare” first."
QUICK = "PRAGMA synchronous=OFF;"  # the file is worthless after a crash


def has_tables() -> bool:
    """Whether this database has our tables. Raises BackupError if they are out of date."""
    if "books_book" not in connection.introspection.table_names():
        return False
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BackupError(OUTDATED)
    return True


@contextmanager
def as_current(archive: Archive) -> Iterator[Archive]:
    """The archive, rewritten by this version if necessary."""
    if is_current(archive):
        yield archive
        return
    with temporary_folder() as folder:
        with as_database(archive):
            write(folder / archive.path.name)
        with open_archive(folder / archive.path.name) as today:
            yield today


@contextmanager
def as_database(archive: Archive) -> Iterator[None]:
    """In this block, the default connection is to a database with the contents of the backup."""
    then = [(app, max(names)) for app, names in archive.manifest["migrations"].items() if names]
    with temporary_folder() as folder, as_default_connection(folder / "backup.sqlite3"):
        state: Any = MigrationExecutor(connection).migrate(then)
        with transaction.atomic():
            load(archive, state.apps)
        executor = MigrationExecutor(connection)
        executor.migrate(
            [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in archive.manifest["migrations"]]
        )
        derive_all()
        yield


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder beside the catalogue, where there is space, that only this user can read."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as folder:
        yield Path(folder)


@contextmanager
def as_default_connection(path: Path) -> Iterator[None]:
    """In this block, the thread's default connection is to an SQLite database in this file."""
    own = connections[DEFAULT_DB_ALIAS]
    options = {"transaction_mode": "IMMEDIATE", "init_command": QUICK}
    database = DatabaseWrapper({**own.settings_dict, "NAME": str(path), "OPTIONS": options}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = database
    try:
        yield
    finally:
        database.close()
        connections[DEFAULT_DB_ALIAS] = own
