from typing import Any, TypedDict

from django.db import models
from django.db.models import Count, Max

from books.metadata import fingerprint
from books.models.author import Author
from books.models.fields import SortKeyField


class SamePeople(TypedDict):
    """Authors of one fingerprint, who may be one person: their number, and the highest of their ids."""

    fingerprint: str
    count: int
    newest: int


class DifferentPeopleQuerySet(models.QuerySet["DifferentPeople"]):
    async def amark(self, fingerprint: str, count: int, newest: int, **_: None) -> None:
        """Mark the authors of a fingerprint as different people: their number, and the highest of their ids."""
        await self.aupdate_or_create(fingerprint=fingerprint, defaults={"count": count, "newest": newest})

    async def aunmarked(self, after: str, size: int) -> tuple[list[SamePeople], str]:
        """The groups after a fingerprint that nobody has marked, and the one to continue after, if any."""
        marks = {mark.fingerprint: mark async for mark in self.filter(fingerprint__gt=after)}
        rows: Any = Author.objects.filter(fingerprint__gt=after).values("fingerprint")
        groups = rows.annotate(count=Count("pk"), newest=Max("pk")).filter(count__gt=1).order_by("fingerprint")
        many = groups[: len(marks) + size + 1]
        found = [
            group async for group in many if not (mark := marks.get(group["fingerprint"])) or not mark.covers(group)
        ]
        return found[:size], found[size - 1]["fingerprint"] if len(found) > size else ""


class DifferentPeople(models.Model):
    """Authors of one fingerprint that somebody has marked as different people. One more, and the group comes back."""

    fingerprint = SortKeyField(max_length=fingerprint.LENGTH, unique=True)
    count = models.PositiveIntegerField()
    newest = models.BigIntegerField()  # the highest of their ids

    objects = DifferentPeopleQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "different people"

    def __str__(self) -> str:
        return str(self.fingerprint)

    def covers(self, group: SamePeople) -> bool:
        """Whether all authors of the group were there when it was marked."""
        return group["count"] <= self.count and group["newest"] <= self.newest
