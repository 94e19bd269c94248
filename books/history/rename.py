"""Renaming and merging authors, topics and series: each book gets a new version and an entry in its history.

What one such change does to its books points to its NameChange, by which it is undone as a whole.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict, cast

from django.db import IntegrityError, transaction
from django.db.models import Q

from books.history.undo import CannotUndo
from books.metadata.roles import AUTHOR
from books.models import Actor, Author, Book, NameChange, Named, Refused, StaleVersion
from books.models.links import MODELS
from books.web.serializers import book_url

MAX_BOOKS = 10_000  # of one change, during which others who write to SQLite wait


class NameTaken(Exception):
    """There is another with this name, which is the argument: the two can be merged."""

    def __init__(self, other: Named, field: str = "name") -> None:
        super().__init__(other)
        self.other, self.field = other, field


class UnknownAuthors(Refused):
    status, field = 422, "also_writes_as"


class TooManyBooks(Refused):
    """More than MAX_BOOKS would change at once."""

    field = "name"


class Skipped(TypedDict):
    """A book that was changed since, and so stays as it is."""

    id: int
    url: str
    title: str


def edit(
    named: Named, values: Mapping[str, Any], actor: Actor, *, versions: set[int] | None = None, merge: bool = False
) -> Named:
    """Change an author, a topic or a series with all its books, in one transaction. Returns the one that has them now.

    `values` are canonical, by the fields of its form; `versions` are those that the caller may have seen. If another
    has the name, `merge` moves the books to it. If anything has changed, the result's `change_id` is the NameChange's.
    Raises NameTaken, UnknownAuthors, StaleVersion, TooManyBooks, DoesNotExist.
    """
    model: Any = type(named)
    values = {**values}
    names = values.pop("also_writes_as", None)
    pseudonyms = _authors(names or [])
    with transaction.atomic():
        _lock_books(named, named.changed(values))
        old, other, same = _lock_names(named, values.get("name"), pseudonyms)
        if versions is not None and old.version not in versions:
            raise StaleVersion("This was changed since you read it. Read it again, then send your change.")
        if other and not merge:
            raise NameTaken(other)
        new = old.changed(values)
        _check_names(old, new)
        linked = [] if names is None else _linked(old, new, same)
        if new.name != old.name:
            new.found_by(old.name)
        if other is None and new.snapshot() == old.snapshot():
            return cast("Named", old)
        kept = other.merged_with(new) if other else new
        _save(kept)
        before = [old, *([other] if other else []), *(was for was, _ in linked)]
        kept.change_id = _change_books(before, [kept, *(now for _, now in linked)], actor)
        if other:
            model.objects.filter(pk=old.pk, books=None).delete()
        else:
            model.objects.delete_unused([old.pk])
    return cast("Named", kept)


def _change_books(before: list[Any], after: list[Any], actor: Actor) -> int:
    """Log a change of names and apply it to all books and to what finds them. Returns the change's id."""
    old, kept = before[0], after[0]
    pks = _lock_books(old, kept)
    change = NameChange.objects.log(before, after, actor, books=len(pks))
    for books in Book.objects.read_pending(pks):
        for book in books:
            book.change(kept.renamed(book.fields, old))
        Book.objects.write(books, replace(actor, name_change_id=change.pk))
    _file_books(kept)
    _index_names(before, after, pks)
    return change.pk


def undo(change_id: int, actor: Actor) -> tuple[NameChange, list[Skipped]]:
    """Undo a change, in one transaction. Returns the undoing, and the books that it left as they have become since.

    Raises NameChange.DoesNotExist, CannotUndo.
    """
    with transaction.atomic():
        done = NameChange.objects.select_for_update().get(pk=change_id)
        if NameChange.objects.filter(undoes=done).exists():
            raise CannotUndo("This has been undone already.")
        model: Any = MODELS[done.kind]
        pks = _locked_pks(Q(pk__in=done.parts.values("book_id")))
        _restore(model, done)
        before, after = ([model.of_snapshot(each) for each in rows] for rows in (done.before, done.after))
        undoing, skipped = NameChange.objects.log(after, before, actor, undoes=done), list[Skipped]()
        for books in Book.objects.read_pending(pks):
            changes = {part.book_id: part for part in done.parts.filter(book_id__in=[book.pk for book in books])}
            for book in books:
                part = changes[book.pk]
                if all(book.fields[name] == became for name, became in part.after().items()):
                    book.undoes = part.pk
                    book.change(part.before())
                else:
                    skipped.append({"id": book.pk, "url": book_url(book.pk), "title": book.fields["title"]})
            Book.objects.write(books, replace(actor, name_change_id=undoing.pk))
        for named in model.objects.filter(pk__in=[each.pk for each in before]):
            _file_books(named)
        model.objects.delete_unused([each.pk for each in (*before, *after)])
        _index_names(after, before, {*pks} - {book["id"] for book in skipped})
        undoing.books = len(pks) - len(skipped)
        undoing.save(update_fields=["books"])
    return undoing, skipped


def _restore(model: Any, done: NameChange) -> None:
    """Give the rows of a change their values of before it. Raises CannotUndo if they were changed again since."""
    rows = _locked(model, Q(pk__in=[each["id"] for each in (*done.before, *done.after)]))
    for each in done.after:
        if each["id"] not in rows or rows[each["id"]].name != each["name"]:
            raise CannotUndo(f"“{each['name']}” was renamed, merged or deleted since. Undo that first.")
    for each in done.before:
        old, restored = rows.get(each["id"]), model.of_snapshot(each)
        holder = model.objects.find_one(each["name"])
        is_taken = holder is not None and holder.pk != each["id"] and each["name"] not in holder.names
        if old is None and not is_taken:
            restored.save(force_insert=True)
            restored.save_names()
        elif old and is_taken:
            raise CannotUndo(f"There is another “{each['name']}” now. Merge the two instead.")
        elif old and old.snapshot() != each:
            restored.version = old.version + 1
            _save(restored)


def _lock_books(old: Named, new: Named) -> list[int]:
    """Lock the books whose records have the name, if it changes; before anything else, as those who write them do."""
    is_same_name = new.name == old.name and new.pk == old.pk
    count = 0 if is_same_name and new.names == old.names else old.books.values("pk").distinct().count()
    if count > MAX_BOOKS:
        most = f"At most {MAX_BOOKS:,} are changed at once: change the others in a list first."
        raise TooManyBooks(f"{count:,} books have this name. {most}")
    return [] if is_same_name else _locked_pks(Q(pk__in=old.books.values("pk")))


def _lock_names(named: Named, name: str | None, pseudonyms: Sequence[Named]) -> tuple[Any, Any, list[Any]]:
    """Lock, in one order, what is to change, another that has the new name, and the pseudonyms. Raises DoesNotExist."""
    model: Any = type(named)
    taken = model.objects.find_one(name) if name else None
    rows = _locked(model, Q(pk__in={named.pk, taken.pk if taken else named.pk, *(each.pk for each in pseudonyms)}))
    if named.pk not in rows:
        raise model.DoesNotExist
    return rows.pop(named.pk), rows.pop(taken.pk, None) if taken else None, list(rows.values())


def _check_names(old: Any, new: Any) -> None:
    """No other name may be another one's own: the two would rather be merged."""
    for name in set(new.names) - set(old.names):
        holder = type(old).objects.find_one(name)
        if holder and holder.pk != old.pk and name not in holder.names:
            raise NameTaken(holder, "names")


def _authors(names: list[str]) -> list[Author]:
    found = Author.objects.find(names)
    if missing := [name for name in names if name not in found]:
        raise UnknownAuthors(f"The catalogue has no such author: {', '.join(missing)}. Link authors with books here.")
    return list(found.values())


def _linked(old: Author, new: Author, same: list[Author]) -> list[tuple[Author, Author]]:
    """Make these authors the same person, and return those that changed, as they were and as they are."""
    if {author.pk for author in same} == set(old.pseudonyms().values_list("pk", flat=True)):
        return []
    new.person = secrets.randbits(53) if same else None  # needs no lock; JavaScript's whole numbers have no more bits
    linked = [(author, author.changed({"person": new.person})) for author in same]
    for _, author in linked:
        _save(author)
    return linked


def _index_names(before: list[Any], after: list[Any], written: Iterable[int]) -> None:
    """Have the books found by the other names of now, but for those that were written with them."""
    if [each.names for each in before] != [each.names for each in after]:
        Book.objects.index_other_names([*before, *after], written)


def _locked_pks(which: Q) -> list[int]:
    return list(Book.objects.select_for_update().filter(which).order_by("pk").values_list("pk", flat=True))


def _locked(model: Any, which: Q) -> dict[int, Any]:
    return {each.pk: each for each in model.objects.select_for_update().filter(which).order_by("pk")}


def _save(new: Any) -> None:
    try:
        with transaction.atomic():
            new.save(force_update=True)
            new.save_names()
    except IntegrityError:  # somebody created the name at the same moment
        raise NameTaken(type(new).objects.find_one(new.name)) from None


def _file_books(named: Named) -> None:
    """Give the books of an author, if that is one, their place in the order of authors."""
    if isinstance(named, Author):
        first_of = Book.objects.filter(bookauthor__author=named, bookauthor__role=AUTHOR, bookauthor__position=0)
        first_of.exclude(author_key=named.sort_key).update(author_key=named.sort_key)
