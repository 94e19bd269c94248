"""Taking a change of a book back: each is undone by the opposite change, unless the book has moved on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from django.db import transaction

from books.metadata.record import Record
from books.models import Action, Actor, Book, Change, DuplicateISBN, DuplicateSource, StaleVersion


class MovedOn(Exception):
    """The change cannot be taken back any more; the argument says why."""


def undo(book_id: int, change_id: int, actor: Actor) -> int:
    """Take one change of a book back, in one transaction; gives the book's id. Raises Change.DoesNotExist, MovedOn."""
    with transaction.atomic():
        _take_back([Change.objects.get(pk=change_id, book_id=book_id)], actor)
        return book_id


def undo_job(book_id: int, job_id: int, actor: Actor) -> None:
    """Take back all that one job did to one book, in one transaction. Raises MovedOn."""
    with transaction.atomic():
        _take_back(list(Change.objects.filter(job_id=job_id, book_id=book_id).order_by("pk")), actor)


def _take_back(changes: list[Change], actor: Actor) -> None:
    """Take back some changes of one book; the first comes first."""
    first, last = changes[0], changes[-1]
    actor = replace(actor, undoes=last)
    with _reasons():
        if last.action == Action.DELETED:
            Book.objects.restore(last.book_id, last.before(), last.version, actor)
        elif first.action == Action.ADDED:
            others = Change.objects.filter(book_id=last.book_id, pk__gt=first.pk, pk__lt=last.pk)
            if others.exclude(pk__in=[change.pk for change in changes]).exists():
                raise StaleVersion  # somebody else's change lies between
            Book.objects.remove(last.book_id, last.version, actor)
        elif last.action == Action.MERGED:
            _take_apart(last, actor)
        else:
            _put_back(changes, actor)


def _take_apart(merge: Change, actor: Actor) -> None:
    """Give the kept book its own fields back, then the others their places."""
    gone = [part for part in merge.parts.order_by("pk") if not Book.objects.filter(pk=part.book_id).exists()]
    if not gone:
        raise MovedOn("The books that it was merged with are back already.")
    _put_back([merge], actor)  # first: an ISBN of another is free then
    for part in gone:
        Book.objects.restore(part.book_id, part.before(), part.version, replace(actor, undoes=part))


@contextmanager
def _reasons() -> Iterator[None]:
    try:
        yield
    except Book.DoesNotExist:
        raise MovedOn("The book has been deleted since: undo that first.") from None
    except StaleVersion:
        raise MovedOn("The book has been changed since it was added: delete it instead.") from None
    except DuplicateISBN as error:
        raise MovedOn(f"Another book has this ISBN now: /books/{error.book_id}/.") from None
    except DuplicateSource as error:
        raise MovedOn(f"Another book has come from the same source since: /books/{error.book_id}/.") from None


def _put_back(changes: list[Change], actor: Actor) -> None:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in changes:
        before = {**change.before(), **before}
        after |= change.after()
    book = Book.objects.select_for_update().get(pk=changes[0].book_id)
    now = cast("dict[str, Any]", book.as_record())
    if moved := [name for name in after if now[name] != after[name]]:
        raise MovedOn(f"Changed again since: {', '.join(moved)}. Edit the book instead.")
    Book.objects.change(book.pk, cast("Record", before), None, actor)
