"""Books that may be one: those with one fingerprint."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

from django.db.models import Count, Max, Window
from django.db.models.functions import RowNumber

from books import fingerprint
from books.models import Book, Dismissal
from books.record import source_of

AT_ONCE = 100  # groups that are asked for
BESIDE = 6  # books of a group that are shown side by side
YEARS_APART = 3


def told_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two books say themselves that they are two: by two ISBNs, or by two keys of one source."""
    if one["isbn13"] and other["isbn13"]:
        return bool(one["isbn13"] != other["isbn13"])
    keys = one["source_key"], other["source_key"]
    return all(keys) and keys[0] != keys[1] and source_of(keys[0]) == source_of(keys[1])


def like(values: Mapping[str, Any], pk: int, most: int = 3) -> list[dict[str, Any]]:
    """The books that one with these values, stored under this id, may be; rows of LIST_COLUMNS."""
    found = Book.objects.filter(fingerprint=fingerprint.of(values["title"], values["authors"])).exclude(pk=pk)
    rows = found.order_by("pk").values(*Book.objects.all().LIST_COLUMNS, "source_key")[:100]
    return [row for row in rows if not told_apart(row, values)][:most]


async def agroups(after: str, size: int) -> tuple[list[str], str]:
    """The fingerprints after this one that several books have, save those that were found to be several; and the place
    to go on from, if there are more. Walks along one index, in the order of titles.
    """
    found: list[str] = []
    while True:
        rows = Book.objects.filter(fingerprint__gt=after).values("fingerprint")
        rows = rows.annotate(books=Count("pk"), newest=Max("pk")).filter(books__gt=1).order_by("fingerprint")
        groups: list[Any] = [row async for row in rows[:AT_ONCE]]
        among = [group["fingerprint"] for group in groups]
        settled = {each.fingerprint: each async for each in Dismissal.objects.filter(fingerprint__in=among)}
        for group in groups:
            known = settled.get(group["fingerprint"])
            if known is None or group["books"] > known.books or group["newest"] > known.newest:
                if len(found) == size:
                    return found, found[-1]
                found.append(group["fingerprint"])
        if len(groups) < AT_ONCE:
            return found, ""
        after = among[-1]


async def abooks(fingerprints: Collection[str]) -> dict[str, list[Book]]:
    """The first books of each."""
    place = Window(RowNumber(), partition_by="fingerprint", order_by="pk")
    books = Book.objects.defer("words").annotate(place=place).filter(fingerprint__in=fingerprints, place__lte=BESIDE)
    found: dict[str, list[Book]] = {each: [] for each in fingerprints}
    async for book in books.order_by("pk"):
        found[str(book.fingerprint)].append(book)
    return found


def doubt(books: Sequence[Book]) -> str:
    """Why books of one fingerprint may be several after all; empty if nothing speaks against their being one."""
    pairs = [*combinations(books, 2)]
    if all(told_apart(vars(one), vars(other)) for one, other in pairs):
        return "Perhaps editions: they have ISBNs of their own, or one source lists them one by one."
    years = [book.published_year for book in books if book.published_year is not None]
    if years and max(years) - min(years) > YEARS_APART:
        return "Perhaps editions: their years are far apart."
    return ""
