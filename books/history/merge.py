"""Several books made one: the kept one gets the best of each, the others lead to it from then on."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, cast

from django.db import transaction

from books.metadata import fingerprint, record
from books.metadata.record import Record
from books.models import Action, Actor, Book, Change
from books.models.change import differences

JOINED = ("authors", "topics")
CHOSEN = tuple(name for name in record.EDITABLE if name not in JOINED)


class CannotMerge(Exception):
    """The books stay as they are; the argument says why."""


def merge(print_: str, seen: Mapping[int, int], keep: int, chosen: Mapping[str, int], actor: Actor) -> None:
    """Make books of one fingerprint one, in one transaction.

    `seen`: the versions that the caller has seen, by id; `chosen`: for a field the id of the book that gives it.
    Raises CannotMerge, Book.DoesNotExist, StaleVersion.
    """
    if len(seen) < 2 or keep not in seen or not set(chosen.values()) <= seen.keys():
        raise CannotMerge("Say of two books or more that they are one, and take the fields from these only.")
    with transaction.atomic():
        books = {pk: Book.objects.get_for_update(pk, seen[pk]) for pk in sorted(seen)}
        if any(book.fingerprint != print_ for book in books.values()):
            raise CannotMerge("These books have not the same title and first author any more: edit one of them first.")
        kept = books[keep]
        others = [book for pk, book in books.items() if pk != keep]
        before = kept.as_record()
        values = together(before, {pk: book.as_record() for pk, book in books.items()}, chosen)
        links = [book.links() for book in others]
        parts = [book.delete_with_history(actor) for book in others]  # first: what only one book may have is free then
        kept.save_record(values)
        merged = Change.objects.log(kept, Action.MERGED, actor, differences(before, kept.as_record()))
        Change.objects.filter(pk__in=[part.pk for part in parts]).update(part_of=merged)
        for each in links:
            each.delete_unused()


def together(kept: Record, records: Mapping[int, Record], chosen: Mapping[str, int]) -> Record:
    """The kept record with the chosen fields; where nothing is chosen and it has nothing, what the first other has."""
    every: Sequence[dict[str, Any]] = [cast("dict[str, Any]", each) for each in (kept, *records.values())]
    values = {
        name: next((each[name] for each in every if each[name] not in ("", None)), every[0][name]) for name in CHOSEN
    }
    values |= {name: cast("dict[str, Any]", records[pk])[name] for name, pk in chosen.items() if name in CHOSEN}
    values["source_key"] = next((each["source_key"] for each in every if each["source_key"]), None)
    people: dict[str, str] = {}
    for name in chain.from_iterable(each["authors"] for each in every):
        people.setdefault(fingerprint.person(name), name)
    values["authors"] = [*people.values()]
    values["topics"] = list(chain.from_iterable(each["topics"] for each in every))
    cleaned, errors = record.clean(values)
    if errors:
        raise CannotMerge(f"Together they are more than one book can be. {next(iter(errors.values()))[0]}")
    return cleaned
