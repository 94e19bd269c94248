"""Books that may be one: those with one fingerprint."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any, TypedDict

from django.db.models import Count, Max, Q

from books.metadata import fingerprint
from books.metadata.record import source_of
from books.models import Book, NotDuplicate
from books.models.book import BookQuerySet
from books.web.serializers import list_entry

LOOKED_THROUGH = 10_000  # books on the way to one page of groups: 1 µs each
COMPARED, NAMED = 100, 3  # books like a new one
BESIDE = 6  # books of a group that are shown side by side
YEARS_APART = 3


class Group(TypedDict):
    """Books of one fingerprint: how many they are, and the highest of their ids."""

    fingerprint: str
    count: int
    newest: int


def distinguishable(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two books say themselves that they are two: by two ISBNs, or by two keys of one source."""
    if one["isbn13"] and other["isbn13"]:
        return bool(one["isbn13"] != other["isbn13"])
    key, other_key = one.get("source_key") or "", other.get("source_key") or ""
    return bool(key and other_key) and key != other_key and source_of(key) == source_of(other_key)


def similar(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first books that this one, as presenting.book gives it, may be; as entries of a list."""
    found = Book.objects.filter(fingerprint=fingerprint.of(book["title"], book["authors"])).exclude(pk=book["id"])
    rows = found.order_by("pk").values(*BookQuerySet.LIST_COLUMNS, "source_key")[:COMPARED]
    return [list_entry(row) for row in rows if not distinguishable(row, book)][:NAMED]


async def agroups(after: str, size: int) -> tuple[list[Group], str]:
    """The groups after this fingerprint, save those that were found to be several; and the place to go on from, empty
    at the end. Walks along one index, in the order of titles, past so many books at most.
    """
    ahead = (
        Book.objects.filter(fingerprint__gt=after).order_by("fingerprint", "pk").values_list("fingerprint", flat=True)
    )
    last = await ahead[LOOKED_THROUGH:].afirst() or ""
    within = Q(fingerprint__gt=after, **({"fingerprint__lte": last} if last else {}))
    settled = {each.fingerprint: each async for each in NotDuplicate.objects.filter(within)}
    rows: Any = Book.objects.filter(within).values("fingerprint").annotate(count=Count("pk"), newest=Max("pk"))
    groups = rows.filter(count__gt=1).order_by("fingerprint")[: len(settled) + size + 1]
    found = [group async for group in groups if not is_settled(group, settled.get(group["fingerprint"]))]
    return found[:size], found[size - 1]["fingerprint"] if len(found) > size else last


def is_settled(group: Group, known: NotDuplicate | None) -> bool:
    return known is not None and group["count"] <= known.books and group["newest"] <= known.newest


async def agroup(fingerprint: str) -> Group:
    books = await Book.objects.filter(fingerprint=fingerprint).aaggregate(count=Count("pk"), newest=Max("pk"))
    return {"fingerprint": fingerprint, "count": books["count"], "newest": books["newest"]}


async def abooks(groups: Collection[Group]) -> list[tuple[Group, list[Book]]]:
    """Each group with its first books: of small groups by one query, of the others one by one, as they have no end."""
    books = Book.objects.defer("words").order_by("pk")
    small = [group["fingerprint"] for group in groups if group["count"] <= BESIDE]
    large = [group["fingerprint"] for group in groups if group["count"] > BESIDE]
    found = defaultdict(list)
    for query in (books.filter(fingerprint__in=small), *(books.filter(fingerprint=each)[:BESIDE] for each in large)):
        async for book in query:
            found[book.fingerprint].append(book)
    return [(group, found[group["fingerprint"]][:BESIDE]) for group in groups]


def warning(books: Sequence[Book]) -> str:
    """Why books of one fingerprint may be several after all; empty if nothing speaks against their being one."""
    pairs = [*combinations(books, 2)]
    if all(distinguishable(vars(one), vars(other)) for one, other in pairs):
        return "Perhaps editions: they have ISBNs of their own, or one source lists them one by one."
    years = [book.published_year for book in books if book.published_year is not None]
    if years and max(years) - min(years) > YEARS_APART:
        return "Perhaps editions: their years are far apart."
    return ""
