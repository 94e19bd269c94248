"""Possible duplicates by their fingerprint: books of one title and first author, authors of one name, however spelled.

Left out are groups that somebody has marked as different.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from django.db.models import Count, Max

from books.metadata.sameness import TITLE, split_groups
from books.models import Author, Book, NotDuplicate

MAX_SCANNED = 10_000  # books for one page of groups: 1 µs each
BATCH = 100  # fingerprints whose books are compared at once
MAX_COMPARED = 100  # books of one fingerprint
MAX_SHOWN = 6  # books of a group, side by side


class Group(TypedDict):
    """Books of one fingerprint that may be one: their number, the lowest and the highest of their ids."""

    fingerprint: str
    first: int
    count: int
    newest: int
    place: int  # among the groups of the fingerprint
    pks: list[int]  # of the first MAX_SHOWN


async def agroups(after: str, size: int, *, or_at: bool = False) -> tuple[list[Group], str]:
    """The groups after a fingerprint, or at it, and the fingerprint to continue after, which is empty at the end.

    Follows one index, in the order of titles, past MAX_SCANNED books at most.
    """
    from_there = {"fingerprint__gte" if or_at else "fingerprint__gt": after}
    ahead = Book.objects.filter(**from_there).order_by("fingerprint", "pk")
    last = await ahead.values_list("fingerprint", flat=True)[MAX_SCANNED:].afirst() or ""
    within = {"fingerprint__lte": last} if last else {}
    marks = await NotDuplicate.objects.amarks("book", **from_there, **within)
    rows: Any = Book.objects.filter(**within).values("fingerprint").annotate(count=Count("pk"))
    shared = rows.filter(count__gt=1).order_by("fingerprint")
    found: list[Group] = []
    while len(found) <= size:
        batch = {row["fingerprint"]: row["count"] async for row in shared.filter(**from_there)[:BATCH]}
        if not batch:
            break
        found += [group for group in await aparted(batch) if not marks.cover(group)]
        from_there = {"fingerprint__gt": [*batch][-1]}
    last_shown = found[size - 1]["fingerprint"] if len(found) > size else ""
    page = [group for group in found if group["fingerprint"] <= last_shown] if last_shown else found
    return page, last_shown if len(page) < len(found) else last


async def agroups_of(fingerprint: str) -> list[Group]:
    """The groups of one fingerprint; those marked as different books come last."""
    count = await Book.objects.filter(fingerprint=fingerprint).acount()
    marks = await NotDuplicate.objects.amarks("book", fingerprint=fingerprint)
    return sorted(await aparted({fingerprint: count}), key=marks.cover)


async def aauthor_groups(after: str, size: int) -> tuple[list[dict[str, Any]], str]:
    """The groups of authors after a fingerprint, and the one to continue after, which is empty at the end."""
    marks = await NotDuplicate.objects.amarks("author", fingerprint__gt=after)
    rows: Any = Author.objects.filter(fingerprint__gt=after).values("fingerprint")
    groups = rows.annotate(count=Count("pk"), newest=Max("pk")).filter(count__gt=1).order_by("fingerprint")
    found = [group async for group in groups[: len(marks) + size + 1] if not marks.cover(group)]
    return found[:size], found[size - 1]["fingerprint"] if len(found) > size else ""


async def aparted(counts: Mapping[str, int]) -> list[Group]:
    """The groups of these fingerprints, whose numbers of books are given."""
    books = Book.objects.order_by("fingerprint", "pk").values("fingerprint", "pk", *TITLE)
    small = [each for each, count in counts.items() if count <= MAX_COMPARED]
    large = [each for each, count in counts.items() if count > MAX_COMPARED]
    found = defaultdict(list)
    queries = (books.filter(fingerprint__in=small), *(books.filter(fingerprint=each)[:MAX_COMPARED] for each in large))
    for query in queries:
        async for row in query:
            found[row["fingerprint"]].append(row)
    return [group(each, place, part) for each in counts for place, part in enumerate(split_groups(found[each]))]


def group(fingerprint: str, place: int, rows: Sequence[Mapping[str, Any]]) -> Group:
    pks = [row["pk"] for row in rows]
    shown = pks[:MAX_SHOWN]
    return Group(fingerprint=fingerprint, first=pks[0], count=len(pks), newest=pks[-1], place=place, pks=shown)


async def abooks(groups: Sequence[Group]) -> list[tuple[Group, list[Book]]]:
    """Each group with its first books."""
    pks = [pk for group in groups for pk in group["pks"]]
    books = {book.pk: book async for book in Book.objects.defer("words").filter(pk__in=pks)}
    return [(group, [books[pk] for pk in group["pks"] if pk in books]) for group in groups]
