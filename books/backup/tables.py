"""The tables of a backup: those of every model but the ones left out, with all columns that are not derived."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from books.models.fields import WordsField

LEFT_OUT = {  # models and applications, with the reason
    "contenttypes.contenttype": "Migrations make them; rows that refer to one hold its names.",
    "auth.permission": "Migrations make them; rows that refer to one hold its names.",
    "sessions.session": "People sign in again.",
    "books.words": "The search index is derived from the books.",
    "books.worker": "The processes of one server.",
    "books.loginattempts": "The last 15 minutes.",
    "books.source": "How often one server may ask the outside.",
    "books.cachedlookup": "Answers that can be had again.",
    "books.invitation": "Links are good for a week: the owner sends another, and a start prints the first one anew.",
    "procrastinate": "Notifications of jobs: workers find the jobs without them.",
}
NAMES = {  # the columns by which another database knows a row of what migrations make
    "contenttypes.contenttype": ("app_label", "model"),
    "auth.permission": ("content_type__app_label", "content_type__model", "codename"),
}
# A backup does not hold earlier backups, nor run again the job that wrote it.
ROWS_LEFT_OUT = {
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
BATCH, LARGE_BATCH = 250, 16  # rows in memory, and of tables that hold parts of files


@dataclass(frozen=True)
class Table:
    model: type[models.Model]

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Those that are stored, by name; search words and generated columns are derived."""
        fields = self.model._meta.concrete_fields
        return {each.attname: each for each in fields if not (each.generated or isinstance(each, WordsField))}

    @cached_property
    def named(self) -> dict[str, str]:
        """The columns that refer to rows which migrations create, each with the model's label."""
        related = {name: field.related_model for name, field in self.fields.items() if field.related_model}
        return {name: model._meta.label_lower for name, model in related.items() if model._meta.label_lower in NAMES}

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as they are stored, a batch at a time in memory."""
        found = self.model._base_manager.exclude(ROWS_LEFT_OUT.get(self.label, Q(pk__in=()))).order_by("pk")
        names_of = {name: names_by_id(label) for name, label in self.named.items()}
        for values in found.values(*self.fields).iterator(chunk_size=self.batch):
            yield {**values, **{name: known.get(values[name]) for name, known in names_of.items()}}

    @property
    def batch(self) -> int:
        return LARGE_BATCH if any(isinstance(field, models.BinaryField) for field in self.fields.values()) else BATCH

    def last_id(self) -> int:
        """The highest id that was ever given: one that is free again must not become another row's."""
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
    """Those of the models as they are, or as they were at some migration."""
    found = registry.get_models(include_auto_created=True)
    return [Table(model) for model in found if not {model._meta.label_lower, model._meta.app_label} & LEFT_OUT.keys()]


def names_by_id(label: str) -> dict[int, list[str]]:
    """The names by which another database knows each row of one of NAMES."""
    rows = apps.get_model(label)._base_manager.values_list("pk", *NAMES[label])
    return {pk: list(names) for pk, *names in rows}
