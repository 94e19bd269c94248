"""Purging the history of a book, for good: also of one that was deleted because it should never have been there."""

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from books.models import Book, Change


def purge(book_id: int) -> None:
    """Delete all changes of a book, in one transaction. Raises Book.DoesNotExist if there is none, and no change.

    Merges of a book that exists stay, without values and names: the URLs of merged books redirect through them.
    """
    with transaction.atomic():
        # The row is written as it is: that locks it, and tells of a new version of the catalogue.
        exists = bool(Book.objects.filter(pk=book_id).update(updated_at=F("updated_at")))
        changes = Change.objects.filter(book_id=book_id)
        if exists:
            is_merge = Exists(Change.objects.filter(part_of=OuterRef("pk")))
            changes.filter(is_merge).update(fields={}, user=None)
            changes = changes.filter(~is_merge)
        deleted, _ = changes.delete()
    if not (exists or deleted):
        raise Book.DoesNotExist
