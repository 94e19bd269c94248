from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from books.metadata import fingerprint
from books.models.fields import SortKeyField


class NotDuplicateQuerySet(models.QuerySet["NotDuplicate"]):
    async def amark(self, kind: str, fingerprint: str, count: int, newest: int, first: int | None) -> None:
        """Mark a group as different. Without its lowest id, mark all groups of the fingerprint."""
        seen = {"count": count, "newest": newest}
        await self.aupdate_or_create(kind=kind, fingerprint=fingerprint, first=first or 0, defaults=seen)

    async def amarks(self, kind: str, **within: Any) -> "Marks":
        return Marks([mark async for mark in self.filter(kind=kind, **within)])


class NotDuplicate(models.Model):
    """A group of books or authors marked as different. If another one joins it, the group is listed again."""

    kind = models.CharField(max_length=10)  # the model's name
    fingerprint = SortKeyField(max_length=fingerprint.LENGTH)
    first = models.BigIntegerField(default=0, db_default=0)  # their lowest id; 0: all groups of the fingerprint
    count = models.PositiveIntegerField()
    newest = models.BigIntegerField()  # their highest id

    objects = NotDuplicateQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "fingerprint", "first"], name="not_duplicates_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint}"


class Marks(dict[tuple[str, int], NotDuplicate]):
    """Marks by fingerprint and first id."""

    def __init__(self, marks: Iterable[NotDuplicate]) -> None:
        super().__init__({(mark.fingerprint, mark.first): mark for mark in marks})

    def cover(self, group: Mapping[str, Any]) -> bool:
        """Whether all of the group was there when it was marked."""
        found = (self.get((group["fingerprint"], first)) for first in (0, group.get("first", 0)))
        return any(mark and group["count"] <= mark.count and group["newest"] <= mark.newest for mark in found)
