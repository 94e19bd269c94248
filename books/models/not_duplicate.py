from django.db import models

from books.metadata import fingerprint
from books.models.fields import SortKeyField


class NotDuplicateQuerySet(models.QuerySet["NotDuplicate"]):
    async def amark(self, fingerprint: str, books: int, newest: int) -> None:
        """Remember that so many, up to this one, are not the same."""
        await self.aupdate_or_create(fingerprint=fingerprint, defaults={"books": books, "newest": newest})


class NotDuplicate(models.Model):
    """Books of one fingerprint that somebody has found to be several. One more, and they are suspected again."""

    fingerprint = SortKeyField(max_length=fingerprint.LENGTH, unique=True)
    books = models.PositiveIntegerField()  # their number
    newest = models.BigIntegerField()  # the highest of their ids

    objects = NotDuplicateQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.fingerprint)
