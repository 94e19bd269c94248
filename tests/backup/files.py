"""Backups for tests, also such as another version or a bad disk would have left them."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from books.backup.tables import tables
from books.jobs.tasks.clock import clock
from books.metadata.record import Record
from books.models import Actor, Book, Channel, Job, JobFile, NotDuplicate, Token
from tests.importing.lists import csv_file
from tests.people import librarian, owner

Content = dict[str, list[dict[str, Any]]]


def contents() -> Content:
    """All that a backup is to hold, row by row."""
    return {table.label: [plain(row) for row in table.rows()] for table in tables()}


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}


def fill() -> Book:
    """Something of everything; the book that is returned has history."""
    keeper = librarian()
    actor = Actor(Channel.PAGE, keeper.pk)
    kokoro: Record = {"title": "こころ", "authors": ["夏目 漱石", "X"], "topics": ["Novels"], "source_key": "a:1"}
    in_series: Record = {"series": "S", "series_number": Decimal("1.50"), "isbn13": "9780306406157"}
    book = Book.objects.add({**kokoro, **in_series}, actor)
    Book.objects.change(book.pk, {"published_year": -380, "pages": 7}, None, actor)
    Book.objects.remove(Book.objects.add({"title": "The last id"}).pk, None, actor)
    keeper.user_permissions.add(Permission.objects.get(codename="view_group"))
    Token.objects.issue(owner(), "script", ["read"], None)
    LogEntry.objects.log_actions(keeper.pk, [keeper], CHANGE)
    NotDuplicate.objects.create(kind="book", fingerprint="kokoro", count=2, newest=9)
    job = Job.objects.create(key="import-1", kind="import", task=clock.module_path, queue="default", priority=0)
    file = JobFile.objects.store("books.csv", csv_file([{"title": "\x1f binary as it comes"}]))
    JobFile.objects.filter(pk=file.pk).update(job=job)
    return book


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, list[Any]]], None]) -> Path:
    """The backup with another manifest, or other rows; its checksums are right."""
    with zipfile.ZipFile(path) as file:
        manifest = json.loads(file.read("manifest.json"))
        rows = {label: [*map(json.loads, file.open(f"{label}.jsonl"))] for label in manifest["tables"]}
    change(manifest, rows)
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as file:
        for label in list(manifest["tables"]):
            lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows[label])
            manifest["tables"][label] |= {"rows": len(rows[label]), "sha256": hashlib.sha256(lines).hexdigest()}
            file.writestr(f"{label}.jsonl", lines)
        file.writestr("manifest.json", json.dumps(manifest))
    return changed


def as_of(migration: str, path: Path) -> Path:
    """The backup as a version with no later migration of ours would have written it."""

    def change(manifest: dict[str, Any], rows: dict[str, list[Any]]) -> None:
        names = manifest["migrations"]["books"]
        manifest["migrations"]["books"] = names[: names.index(migration) + 1]
        state: Any = MigrationLoader(connection).project_state(("books", migration))
        models = {model._meta.label_lower: model for model in state.apps.get_models(include_auto_created=True)}
        for label in [label for label in manifest["tables"] if label not in models and label.startswith("books.")]:
            del manifest["tables"][label]
        for label in manifest["tables"].keys() & models.keys():
            columns = {field.attname for field in models[label]._meta.concrete_fields}
            rows[label] = [{name: row[name] for name in row if name in columns} for row in rows[label]]

    return rewritten(path, change)
