"""The history of books: one row for each change, written in the same transaction as the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from books.metadata import record
from books.metadata.record import Record


class Action(models.TextChoices):
    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"
    MERGED = "merged"  # with others: their deletions are parts of this change


class Channel(models.TextChoices):
    """How a change was made."""

    PAGE = "page"
    API = "api"
    ADMIN = "admin"
    IMPORT = "import"
    LOOKUP = "lookup"
    COMMAND = "command"


@dataclass(frozen=True)
class Actor:
    """Who makes a change, and how."""

    channel: Channel
    user_id: int | None = None
    undoes: "Change | None" = None  # the change that this one undoes
    job_id: int | None = None  # the job that makes it
    name_change_id: int | None = None  # the change of a name of which it is a part


COMMAND = Actor(Channel.COMMAND)


class ChangeQuerySet(models.QuerySet["Change"]):
    def log(self, book: Any, action: Action, actor: Actor, fields: Mapping[str, Any] | None = None) -> "Change":
        """Record a change of a book. Call it in the transaction of that change."""
        return self.create(
            book_id=book.pk,
            version=book.version,
            action=action,
            via=actor.channel,
            user_id=actor.user_id,
            fields=fields or {},
            undoes=actor.undoes,
            job_id=actor.job_id,
        )

    def merged_into(self, book_id: int) -> "models.QuerySet[Change, int | None]":
        """Its first value is the id of the book that a deleted book was merged into; None if it was just deleted."""
        return self.filter(book_id=book_id).order_by("-id").values_list("part_of__book_id", flat=True)


class Change(models.Model):
    """One change of one book. It outlives the book, so that a deletion can be undone."""

    book_id = models.BigIntegerField()
    version = models.PositiveIntegerField()  # of the book after the change; the last one of a deleted book
    action = models.CharField(max_length=10, choices=Action)
    via = models.CharField(max_length=10, choices=Channel)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="changes")
    at = models.DateTimeField(auto_now_add=True)
    # {field: [before, after]}; empty for an added book: later changes have its first values
    fields = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, related_name="undone_by")
    # The merge that deleted the book. While that is its last change, its URL redirects to the other book.
    part_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="parts", db_index=False)
    job_id = models.BigIntegerField(null=True)  # of the job that made it, which is deleted earlier
    name_change = models.ForeignKey(  # of which this is a part
        "books.NameChange", models.SET_NULL, null=True, related_name="parts", db_index=False
    )

    objects = ChangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["book_id", "-id"], name="changes_of_a_book"),
            models.Index(fields=["job_id", "book_id"], name="changes_of_a_job", condition=Q(job_id__isnull=False)),
            models.Index(fields=["-id"], name="changes_of_no_job", condition=Q(job_id__isnull=True)),
            models.Index(fields=["part_of"], name="parts_of_a_merge", condition=Q(part_of__isnull=False)),
            models.Index(
                fields=["name_change", "id"], name="parts_of_a_name_change", condition=Q(name_change__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"book {self.book_id} {self.action}"

    def before(self) -> Record:
        """The values of the changed fields before the change."""
        return as_values({name: pair[0] for name, pair in self.fields.items()})

    def after(self) -> Record:
        return as_values({name: pair[1] for name, pair in self.fields.items()})


def differences(before: Record, after: Record) -> dict[str, list[Any]]:
    """{field: [before, after]} of the fields in which two records differ."""
    return {name: [before[name], after[name]] for name in record.CLEANERS if before[name] != after[name]}  # type: ignore[literal-required]


def as_values(fields: Mapping[str, Any]) -> Record:
    """The values of a record, from JSON."""
    number = fields.get("series_number")
    return cast("Record", {**fields, **({"series_number": Decimal(number)} if number is not None else {})})
