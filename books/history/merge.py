"""Merging duplicates: the record that is kept gets the best of each, the URLs of the others redirect to it."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, cast

from django.db import transaction

from books.metadata import record
from books.metadata.record import Record
from books.metadata.sameness import merge_people
from books.metadata.series import merge_series
from books.models import Action, Actor, Book, Change, Refused
from books.models.change import differences
from books.models.links import delete_unused, unlink

CHOSEN = tuple(name for name in record.EDITABLE if name not in record.NAMES)


class CannotMerge(Refused):
    status = 422


def merge(
    seen: Mapping[int, int], keep: int, chosen: Mapping[str, int], actor: Actor, shared_print: str = ""
) -> Change:
    """Merge books, in one transaction. Raises CannotMerge, Book.DoesNotExist, StaleVersion, DuplicateISBN.

    `seen`: the version of each book that the caller has read, by id; `chosen`: the id of the book that gives a field;
    `shared_print`: the fingerprint that all must have.
    """
    if len(seen) < 2 or keep not in seen or not set(chosen.values()) <= seen.keys():
        raise CannotMerge("Choose two books or more, and take the fields from these only.")
    with transaction.atomic():
        books = {pk: Book.objects.get_for_update(pk, seen[pk]) for pk in sorted(seen)}
        if shared_print and any(book.fingerprint != shared_print for book in books.values()):
            raise CannotMerge("The titles or first authors of these books now differ. Edit one of them first.")
        kept = books[keep]
        others = [book for pk, book in books.items() if pk != keep]
        before = kept.as_record()
        values = together(before, {pk: book.as_record() for pk, book in books.items()}, chosen)
        unlinked = unlink([book.pk for book in others])
        parts = [book.delete_with_history(actor) for book in others]  # first, so that the kept book can take their ISBN
        Book.objects.refuse_taken_isbn(values, keep, shares_isbn=True)
        book = kept.changed(values)
        Book.objects.store([book])
        merged = Change.objects.log(book, Action.MERGED, actor, differences(before, book.record))
        Change.objects.filter(pk__in=[part.pk for part in parts]).update(part_of=merged)
        delete_unused(unlinked)
        return merged


def together(kept: Record, records: Mapping[int, Record], chosen: Mapping[str, int]) -> Record:
    """The kept record with the chosen fields. Fields that it lacks come from the first other that has them."""
    every: Sequence[dict[str, Any]] = [cast("dict[str, Any]", each) for each in (kept, *records.values())]
    values = {
        name: next((each[name] for each in every if each[name] not in ("", None)), every[0][name]) for name in CHOSEN
    }
    values |= {name: cast("dict[str, Any]", records[pk])[name] for name, pk in chosen.items() if name in CHOSEN}
    values["source_key"] = next((each["source_key"] for each in every if each["source_key"]), None)
    values |= merge_people(every)
    values["topics"] = list(chain.from_iterable(each["topics"] for each in every))
    values |= merge_series(every, values, chosen)
    cleaned, errors = record.clean(values)
    if errors:
        raise CannotMerge(f"The merged book would not be valid. {next(iter(errors.values()))[0]}")
    return cleaned
