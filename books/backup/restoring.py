"""Replaces the contents of a catalogue by a backup in one transaction, so that it succeeds or changes nothing."""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import Q

from books.backup.archive import DAMAGED, UNREADABLE, Archive, BackupError, Progress, applied_migrations
from books.backup.tables import NAMES, Table, names_by_id, tables
from books.metadata.text import RULES
from books.models import Book
from books.models.bulk import insert_rows
from books.models.catalogue import STARTER_KEYS
from books.models.derive import derive_all
from books.search import index

Ids = dict[str, dict[tuple[str, ...], int]]  # by the key columns, for each of NAMES

STARTER_BOOK = Q(source_key__in=STARTER_KEYS, version=1)  # as added by `prepare`


def is_empty() -> bool:
    """Whether there are no books except unchanged starter books."""
    return not Book.objects.exclude(STARTER_BOOK).exists()


def is_current(archive: Archive) -> bool:
    """Whether the backup was written by a version with the same tables."""
    return archive.manifest["migrations"] == applied_migrations({*archive.manifest["migrations"]})


def restore(archive: Archive, progress: Progress = lambda done, total: None) -> None:
    """Restore a backup into this empty catalogue. Raises BackupError, DatabaseError."""
    with transaction.atomic():
        if connection.vendor == "postgresql":  # on SQLite the transaction itself keeps out other writers
            names = ", ".join(f'"{table.model._meta.db_table}"' for table in tables())
            connection.cursor().execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
        if not is_empty():
            raise BackupError("This catalogue is no longer empty: run the command again.")
        Session._base_manager.all().delete()
        load(archive, MigrationLoader(connection).project_state().apps, progress)
        if archive.manifest["text_rules"] != RULES:
            derive_all()
        index.install(connection)
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")


def load(archive: Archive, registry: Any, progress: Progress = lambda done, total: None) -> None:
    """Replace all rows by those of the backup, in tables at the state of its migrations.

    This creates no model instances: they would stay in memory until a rare run of the garbage collector.
    """
    held, done = {table.label: table for table in tables(registry)}, 0
    if foreign := archive.manifest["tables"].keys() - held.keys():
        raise BackupError(f"{archive.path.name} contains {min(foreign)}, which this catalogue does not have.")
    for label in archive.manifest["tables"]:
        held[label].model._base_manager.all().delete()
    ids = {label: {tuple(names): pk for pk, names in names_by_id(label).items()} for label in NAMES}
    try:
        for label, entry in archive.manifest["tables"].items():
            table, last = held[label], entry["last_id"]
            columns, key = [field.column for field in table.fields.values()], table.model._meta.pk.attname
            for rows in archive.batches(label):
                insert_rows(table.model, columns, [_values(table, row, ids) for row in rows])
                last, done = max([last, *(row[key] for row in rows if isinstance(row[key], int))]), done + len(rows)
                progress(done, archive.total)
            table.set_last_id(last)
    except (*UNREADABLE, ValidationError) as error:  # the checksums are right, so it was written like this
        raise BackupError(DAMAGED.format(archive.path.name)) from error


def _values(table: Table, row: dict[str, Any], ids: Ids) -> tuple[Any, ...]:
    """The values of the columns; references in `row` are replaced by ids of this database."""
    for name, label in table.named.items():
        row[name] = _id(label, row[name], ids)
    if unknown := row.keys() - table.fields.keys():
        raise LookupError(unknown)
    given = ((field, row[name] if name in row else field.get_default()) for name, field in table.fields.items())
    return tuple(field.get_db_prep_save(field.to_python(value), connection) for field, value in given)


def _id(label: str, names: list[str] | None, ids: Ids) -> int | None:
    """The id in this database of a row that migrations create. Creates it if its application is not installed."""
    if names is None:
        return None
    key = tuple(names)
    if key not in ids[label]:
        content_type, _ = ContentType.objects.get_or_create(app_label=names[0], model=names[1])
        ids[label][key] = content_type.pk
        if codename := names[2:]:
            permission, _ = Permission.objects.get_or_create(content_type=content_type, codename=codename[0])
            ids[label][key] = permission.pk
    return ids[label][key]
