from collections.abc import Collection

from django.db import models

from books import fingerprint
from books.models.fields import SortKeyField


class DismissalQuerySet(models.QuerySet["Dismissal"]):
    def settle(self, fingerprint: str, books: Collection[int]) -> None:
        """Remember that these are not the same."""
        seen = {"books": len(books), "newest": max(books)}
        self.update_or_create(fingerprint=fingerprint, defaults=seen)


class Dismissal(models.Model):
    """Books of one fingerprint that somebody has found to be several. One more, and they are suspected again."""

    fingerprint = SortKeyField(max_length=fingerprint.LENGTH, unique=True)
    books = models.PositiveIntegerField()  # their number
    newest = models.BigIntegerField()  # the highest of their ids

    objects = DismissalQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.fingerprint)
