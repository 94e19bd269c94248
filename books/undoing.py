"""Taking a change of a book back: each is undone by the opposite change, unless the book has moved on."""

from dataclasses import replace

from django.db import transaction

from books.models import Action, Book, Change, DuplicateISBN, Editor, StaleVersion


class MovedOn(Exception):
    """The change cannot be taken back any more; the argument says why."""


def undo(book_id: int, change_id: int, by: Editor) -> int:
    """Take one change of a book back, in one transaction; gives the book's id. Raises Change.DoesNotExist, MovedOn."""
    with transaction.atomic():
        change = Change.objects.get(pk=change_id, book_id=book_id)
        by = replace(by, undoes=change)
        try:
            if change.action == Action.DELETED:
                Book.objects.restore(book_id, change.before(), change.version, by)
            elif change.action == Action.ADDED:
                Book.objects.remove(book_id, change.version, by)
            else:
                _put_back(change, by)
        except Book.DoesNotExist:
            raise MovedOn("The book has been deleted since: undo that first.") from None
        except StaleVersion:
            raise MovedOn("The book has been changed since it was added: delete it instead.") from None
        except DuplicateISBN as error:
            raise MovedOn(f"Another book has this ISBN now: /books/{error.book_id}/.") from None
        return book_id


def _put_back(change: Change, by: Editor) -> None:
    book = Book.objects.select_for_update().get(pk=change.book_id)
    now, after = book.as_record(), change.after()
    if moved := [name for name in after if now[name] != after[name]]:  # type: ignore[literal-required]
        raise MovedOn(f"Changed again since: {', '.join(moved)}. Edit the book instead.")
    Book.objects.change(change.book_id, change.before(), None, by)
