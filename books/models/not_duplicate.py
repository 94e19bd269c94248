from django.db import models

from books.metadata import fingerprint
from books.models.fields import SortKeyField


class NotDuplicateQuerySet(models.QuerySet["NotDuplicate"]):
    async def amark(self, fingerprint: str, books: int, newest: int) -> None:
        """Mark the books of a fingerprint as different: their number, and the highest of their ids."""
        await self.aupdate_or_create(fingerprint=fingerprint, defaults={"books": books, "newest": newest})


class NotDuplicate(models.Model):
    """Books of one fingerprint that somebody has marked as different. One more book, and the group comes back."""

    fingerprint = SortKeyField(max_length=fingerprint.LENGTH, unique=True)
    books = models.PositiveIntegerField()  # their number
    newest = models.BigIntegerField()  # the highest of their ids

    objects = NotDuplicateQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.fingerprint)
