"""Possible duplicates: books with the same fingerprint, that is the same title and first author, however spelled."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any, TypedDict

from django.db.models import Count, Max, Q

from books.metadata import fingerprint
from books.metadata.record import source_of
from books.models import Book, NotDuplicate
from books.models.book import VOLUME, BookQuerySet
from books.web.serializers import list_entry

MAX_SCANNED = 10_000  # books for one page of groups: 1 µs each
MAX_COMPARED, MAX_SIMILAR = 100, 3  # books that a new one is compared with, and that are named
MAX_SHOWN = 6  # books of a group, side by side
YEARS_APART = 3


class Group(TypedDict):
    """The books of one fingerprint: their number and the highest of their ids."""

    fingerprint: str
    count: int
    newest: int


def distinguishable(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two books cannot be the same: they have different ISBNs, or share one as different volumes; or they have
    different keys from one source."""
    if one["isbn13"] and other["isbn13"]:
        return any(one[name] != other[name] for name in VOLUME)
    key, other_key = one.get("source_key") or "", other.get("source_key") or ""
    return bool(key and other_key) and key != other_key and source_of(key) == source_of(other_key)


def similar(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first possible duplicates of a serialized book, as entries of a list."""
    found = Book.objects.filter(fingerprint=fingerprint.of(book["title"], book["authors"])).exclude(pk=book["id"])
    rows = found.order_by("pk").values(*BookQuerySet.LIST_COLUMNS, "series_number", "source_key")[:MAX_COMPARED]
    like = [row for row in rows if not distinguishable(row, book)][:MAX_SIMILAR]
    return [list_entry(*(row[name] for name in BookQuerySet.LIST_COLUMNS)) for row in like]


async def agroups(after: str, size: int) -> tuple[list[Group], str]:
    """The groups after a fingerprint without those marked as different books, and the fingerprint to continue after.

    That is empty at the end. Follows one index, in the order of titles, past MAX_SCANNED books at most.
    """
    ahead = Book.objects.filter(fingerprint__gt=after).order_by("fingerprint", "pk")
    last = await ahead.values_list("fingerprint", flat=True)[MAX_SCANNED:].afirst() or ""
    within = Q(fingerprint__gt=after, **({"fingerprint__lte": last} if last else {}))
    marks = {mark.fingerprint: mark async for mark in NotDuplicate.objects.filter(within)}
    rows: Any = Book.objects.filter(within).values("fingerprint").annotate(count=Count("pk"), newest=Max("pk"))
    groups = rows.filter(count__gt=1).order_by("fingerprint")[: len(marks) + size + 1]
    found = [group async for group in groups if not is_marked(group, marks.get(group["fingerprint"]))]
    return found[:size], found[size - 1]["fingerprint"] if len(found) > size else last


def is_marked(group: Group, mark: NotDuplicate | None) -> bool:
    """Whether all books of the group were there when somebody marked them as different."""
    return mark is not None and group["count"] <= mark.books and group["newest"] <= mark.newest


async def agroup(fingerprint: str) -> Group:
    books = await Book.objects.filter(fingerprint=fingerprint).aaggregate(count=Count("pk"), newest=Max("pk"))
    return {"fingerprint": fingerprint, "count": books["count"], "newest": books["newest"]}


async def abooks(groups: Collection[Group]) -> list[tuple[Group, list[Book]]]:
    """Each group with its first books. Small groups take one query together, large ones a query with a limit each."""
    books = Book.objects.defer("words").order_by("pk")
    small = [group["fingerprint"] for group in groups if group["count"] <= MAX_SHOWN]
    large = [group["fingerprint"] for group in groups if group["count"] > MAX_SHOWN]
    found = defaultdict(list)
    for query in (books.filter(fingerprint__in=small), *(books.filter(fingerprint=each)[:MAX_SHOWN] for each in large)):
        async for book in query:
            found[book.fingerprint].append(book)
    return [(group, found[group["fingerprint"]][:MAX_SHOWN]) for group in groups]


def warning(books: Sequence[Book]) -> str:
    """Why books of one fingerprint may be different books after all; empty if nothing suggests it."""
    if all(distinguishable(vars(one), vars(other)) for one, other in combinations(books, 2)):
        return "Possibly different editions: each has its own ISBN, or one source lists them separately."
    years = [book.published_year for book in books if book.published_year is not None]
    if years and max(years) - min(years) > YEARS_APART:
        return "Possibly different editions: the years are far apart."
    return ""
