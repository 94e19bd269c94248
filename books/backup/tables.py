"""The tables in a backup: those of all models not left out, with all columns that are not derived."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from books.models.fields import WordsField

EXCLUDED = {  # models and applications, with the reason
    "contenttypes.contenttype": "Migrations create them; references to them are stored by name.",
    "auth.permission": "Migrations create them; references to them are stored by name.",
    "sessions.session": "People can sign in again.",
    "books.words": "The search index is derived from the books.",
    "books.worker": "They are the processes of one server.",
    "books.loginattempts": "They cover the last 15 minutes.",
    "books.source": "It limits the requests of one server.",
    "books.cachedlookup": "Look-ups can be repeated.",
    "books.invitation": "Links expire after a week: the owner can send others, and a start prints the first one again.",
    "procrastinate": "Workers find jobs without its notifications.",
}
NAMES = {  # columns that identify rows created by migrations in any database
    "contenttypes.contenttype": ("app_label", "model"),
    "auth.permission": ("content_type__app_label", "content_type__model", "codename"),
}
# A backup contains neither earlier backups nor the job that is writing it.
EXCLUDED_ROWS = {
    "books.job": Q(kind="backup"),
    "books.jobfile": Q(job__kind="backup"),
    "books.filechunk": Q(file__job__kind="backup"),
}
LAST_ID = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = %s",
    "postgresql": "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)",
}
SET_LAST_ID = {
    "sqlite": (
        "DELETE FROM sqlite_sequence WHERE name = %(table)s",
        "INSERT INTO sqlite_sequence (name, seq) VALUES (%(table)s, %(last)s)",
    ),
    "postgresql": ("SELECT setval(pg_get_serial_sequence(%(table)s, 'id'), %(last)s)",),
}
BATCH, LARGE_BATCH = 250, 16  # rows in memory, and for tables with parts of files


@dataclass(frozen=True)
class Table:
    model: type[models.Model]

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The stored fields by name, without search words and generated columns, which are derived."""
        fields = self.model._meta.concrete_fields
        return {each.attname: each for each in fields if not (each.generated or isinstance(each, WordsField))}

    @cached_property
    def named(self) -> dict[str, str]:
        """The columns that refer to rows created by migrations, with the label of their model."""
        related = {name: field.related_model for name, field in self.fields.items() if field.related_model}
        return {name: model._meta.label_lower for name, model in related.items() if model._meta.label_lower in NAMES}

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as stored, with one batch in memory at a time."""
        found = self.model._base_manager.exclude(EXCLUDED_ROWS.get(self.label, Q(pk__in=()))).order_by("pk")
        names_of = {name: names_by_id(label) for name, label in self.named.items()}
        for values in found.values(*self.fields).iterator(chunk_size=self.batch):
            yield {**values, **{name: known.get(values[name]) for name, known in names_of.items()}}

    @property
    def batch(self) -> int:
        return LARGE_BATCH if any(isinstance(field, models.BinaryField) for field in self.fields.values()) else BATCH

    def last_id(self) -> int:
        """The highest id ever assigned, since the ids of deleted rows must not be reused."""
        if not isinstance(self.model._meta.pk, models.AutoField):
            return 0
        with connection.cursor() as cursor:
            cursor.execute(LAST_ID[connection.vendor], [self.model._meta.db_table])
            row = cursor.fetchone()
        return int(row[0] or 0) if row else 0

    def set_last_id(self, last: int) -> None:
        if last:
            with connection.cursor() as cursor:
                for statement in SET_LAST_ID[connection.vendor]:
                    cursor.execute(statement, {"table": self.model._meta.db_table, "last": last})


def tables(registry: Any = apps) -> list[Table]:
    """The tables of the current models, or of the models in a migration state."""
    found = registry.get_models(include_auto_created=True)
    return [Table(model) for model in found if not {model._meta.label_lower, model._meta.app_label} & EXCLUDED.keys()]


def names_by_id(label: str) -> dict[int, list[str]]:
    """The key columns in NAMES of each row of a model, by id."""
    rows = apps.get_model(label)._base_manager.values_list("pk", *NAMES[label])
    return {pk: list(names) for pk, *names in rows}
