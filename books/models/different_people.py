from django.db import models

from books.metadata import fingerprint
from books.models.fields import SortKeyField


class DifferentPeopleQuerySet(models.QuerySet["DifferentPeople"]):
    async def amark(self, fingerprint: str, count: int, newest: int) -> None:
        """Mark the authors of a fingerprint as different people: their number, and the highest of their ids."""
        await self.aupdate_or_create(fingerprint=fingerprint, defaults={"count": count, "newest": newest})


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
