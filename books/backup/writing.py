"""Writes a backup of the running catalogue, as of one moment, and keeps those that jobs write."""

import hashlib
import json
import os
import tempfile
import time
import zipfile
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from books.backup.archive import (
    FORMAT,
    KIND,
    MANIFEST,
    Manifest,
    Progress,
    TableEntry,
    applied_migrations,
    open_archive,
)
from books.backup.tables import Table, tables
from books.metadata.text import RULES

PARTIAL = ".partial"  # suffix of unfinished files
LEFT_BEHIND = 24 * 3600  # seconds after which an unfinished file is deleted
READ = 256 << 10  # bytes at once
QUICK = 1  # zlib's level: the file is a tenth larger but takes half the time


def write(path: Path, progress: Progress = lambda done, total: None) -> dict[str, int]:
    """Write a backup, and return the number of rows of each table. Raises OSError.

    The file appears under this name once it is complete, checked and synced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for file in path.parent.glob(f".*{PARTIAL}"):  # left by a killed process
        if file.stat().st_mtime < time.time() - LEFT_BEHIND:
            file.unlink(missing_ok=True)
    with _temporary_file(path) as partial:
        _write(partial, progress)
        with open_archive(partial, lambda done, total: progress(total, total)) as archive:  # it is readable
            counts = archive.counts
        partial.replace(path)
    _sync(path.parent)
    return counts


@contextmanager
def _temporary_file(path: Path) -> Iterator[Path]:
    """A new file beside this one that only its owner can read, as a backup contains password hashes."""
    number, name = tempfile.mkstemp(PARTIAL, f".{path.name}.", path.parent)
    os.close(number)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(path: Path, progress: Progress) -> None:
    with path.open("wb") as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=QUICK) as file, snapshot():
            wanted, entries, done = tables(), {}, 0
            total = sum(table.model._base_manager.count() for table in wanted)
            for table in wanted:
                for entry in _write_table(file, table):
                    progress(min(done + entry["rows"], total), total)
                entries[table.label] = entry
                done += entry["rows"]
            manifest: Manifest = {
                "kind": KIND,
                "format": FORMAT,
                "version": settings.VERSION,
                "created_at": timezone.now().isoformat(timespec="seconds"),
                "database": connection.vendor,
                "text_rules": RULES,
                "migrations": applied_migrations({table.model._meta.app_label for table in wanted}),
                "tables": entries,
            }
            file.writestr(MANIFEST, json.dumps(manifest, indent=1))
        target.flush()
        os.fsync(target.fileno())


def _write_table(file: zipfile.ZipFile, table: Table) -> Iterator[TableEntry]:
    """Yields the entry so far from time to time, and complete at the end."""
    entry: TableEntry = {"rows": 0, "sha256": "", "last_id": table.last_id()}
    digest = hashlib.sha256()
    with file.open(f"{table.label}.jsonl", "w", force_zip64=True) as lines:
        for row in table.rows():
            line = json.dumps(row, default=_plain, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            lines.write(line)
            entry["rows"] += 1
            if entry["rows"] % table.batch == 0:
                yield entry
    yield {**entry, "sha256": digest.hexdigest()}


def _plain(value: Any) -> str:
    """The value in a form that the field's `to_python` reads."""
    if isinstance(value, bytes | memoryview):
        return b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


@contextmanager
def snapshot() -> Iterator[None]:
    """In this block, all reads see the database as of now, and other writers need not wait."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")  # Django's own would block all writers
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _sync(folder: Path) -> None:
    """Make sure that a renamed file in this folder survives a crash."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def folder() -> Path:
    """Where jobs write: on the disk of their machine, as a database does not hold its own backups."""
    return Path(settings.VAR_DIR) / "backups"


def delete_oldest(beginning: str, kept: int, new: Path) -> list[str]:
    """Delete all but the new and the newest other backups with such names. Returns the deleted names."""
    others = {*folder().glob(f"{beginning}*.zip")} - {new}  # if the clock was set back, its name may be the oldest
    old = sorted(others)[: 1 - kept or None]
    for file in old:
        file.unlink(missing_ok=True)
    return [file.name for file in old]


async def aread(file: Path) -> AsyncIterator[bytes]:
    with await sync_to_async(FileIO)(file) as opened:
        while block := await sync_to_async(opened.read)(READ):
            yield block
