from django.db import models

from books.metadata import fingerprint
from books.models.fields import SortKeyField


class NotDuplicateQuerySet(models.QuerySet["NotDuplicate"]):
    async def amark(self, fingerprint: str, count: int, newest: int, first: int | None) -> None:
        """Mark the books of a group as different; without the lowest of their ids all of the fingerprint."""
        marked = {"books": count, "newest": newest}
        await self.aupdate_or_create(fingerprint=fingerprint, first=first or 0, defaults=marked)


class NotDuplicate(models.Model):
    """A group of one fingerprint that somebody has marked as different books. One more book, and it comes back."""

    fingerprint = SortKeyField(max_length=fingerprint.LENGTH)
    first = models.BigIntegerField(default=0, db_default=0)  # the lowest of their ids; 0: all of the fingerprint
    books = models.PositiveIntegerField()  # their number
    newest = models.BigIntegerField()  # the highest of their ids

    objects = NotDuplicateQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fingerprint", "first"], name="not_duplicates_once")]

    def __str__(self) -> str:
        return str(self.fingerprint)
