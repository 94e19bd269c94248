"""Undoing changes, each by the opposite change unless the book was changed again since; and purging them for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from books.metadata.record import Record
from books.models import Action, Actor, Book, Change
from books.models.book import lock_volumes
from books.models.errors import AlreadyRestored, DuplicateISBN, DuplicateSource, Refused, StaleVersion
from books.web.serializers import book_url


class CannotUndo(Refused):
    """The change cannot be undone any more."""


def undo(book_id: int, change_id: int, actor: Actor) -> None:
    """Undo one change, in one transaction. Raises Change.DoesNotExist, CannotUndo."""
    with transaction.atomic():
        _undo([Change.objects.get(pk=change_id, book_id=book_id)], actor)


def undo_job(book_id: int, job_id: int, actor: Actor) -> None:
    """Undo all that a job did to a book, in one transaction. Raises CannotUndo."""
    with transaction.atomic():
        if not (changes := list(Change.objects.filter(job_id=job_id, book_id=book_id).order_by("pk"))):
            raise CannotUndo("The history of this book has been deleted since.")
        _undo(changes, actor)


def _undo(changes: list[Change], actor: Actor) -> None:
    """Undo changes of one book, given in their order."""
    first, last = changes[0], changes[-1]
    actor = replace(actor, undoes=last)
    lock_volumes(for_import=False)
    with _explained():
        if last.action == Action.DELETED:
            Book.objects.restore(last.book_id, last.before(), last.version, actor)
        elif first.action == Action.ADDED:
            others = Change.objects.filter(book_id=last.book_id, pk__gt=first.pk, pk__lt=last.pk)
            if others.exclude(pk__in=[change.pk for change in changes]).exists():
                raise StaleVersion  # somebody else changed it in between
            Book.objects.remove(last.book_id, last.version, actor)
        elif last.action == Action.MERGED:
            _unmerge(last, actor)
        else:
            _restore_fields(changes, actor)


def _unmerge(merge: Change, actor: Actor) -> None:
    """Give the kept book its fields back, then restore the books that were merged into it."""
    deleted = [part for part in merge.parts.order_by("pk") if not Book.objects.filter(pk=part.book_id).exists()]
    if not deleted:
        raise CannotUndo("The merged books have been restored already, or their history was purged.")
    _restore_fields([merge], actor)  # first, so that the others can take their ISBN back
    for part in deleted:
        Book.objects.restore(part.book_id, part.before(), part.version, replace(actor, undoes=part))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except Book.DoesNotExist:
        raise CannotUndo("The book was deleted since. Undo that first.") from None
    except StaleVersion:
        raise CannotUndo("The book was changed after it was added. Delete it instead.") from None
    except AlreadyRestored:
        raise CannotUndo("This book has been restored already.") from None
    except DuplicateISBN as error:
        raise CannotUndo(f"Another book has this ISBN now: {book_url(error.book_id)}.") from None
    except DuplicateSource as error:
        raise CannotUndo(f"Another book was imported from the same source since: {book_url(error.book_id)}.") from None


def _restore_fields(changes: list[Change], actor: Actor) -> None:
    before = {name: value for change in reversed(changes) for name, value in change.before().items()}
    after = {name: value for change in changes for name, value in change.after().items()}
    book = Book.objects.select_for_update().get(pk=changes[0].book_id)
    now = cast("dict[str, Any]", book.as_record())
    if moved := [name for name in after if now[name] != after[name]]:
        raise CannotUndo(f"These fields were changed again since: {', '.join(moved)}. Edit the book instead.")
    Book.objects.change(book.pk, cast("Record", before), None, actor, shares_isbn=True)


def purge(book_id: int) -> None:
    """Delete all changes of a book, in one transaction, also of one that should never have been there.

    Raises Book.DoesNotExist if there is none, and no change.
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
