"""Pages of what a search finds, the best first: of a million rows they are found without sorting them.

The ranks are searches of their own, the narrowest first, and within a rank the rows stand in the order of their ids.
So a page asks one rank after the other until it is full, and an index of words gives ids in order and stops there.
A place in this order is a rank (its `distance` from the best) and an id.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from math import inf
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Value

from books.paging import CappedCount, PagedQuerySet, PageQuery, Place
from books.prepared import Key, Readable, Rows, Statement

Made = Callable[[], Statement]

FEW_OF_A_RANK = 3000  # rows that are rather sorted than walked to on PostgreSQL


def made(queryset: Callable[[], QuerySet[Any, Any]]) -> Made:
    """The query of this, made when it is first run."""
    return cache(lambda: Statement(queryset()))


class ByNumber:
    """The rows of a page, by the way that their number asks for: the first of the ways that is good for so many."""

    def __init__(self, count: Statement, *ways: tuple[float, Made]) -> None:
        self.count, self.ways = count, ways
        self.queryset: QuerySet[Any, Any] = count.queryset

    def rows(self, place: Key = ()) -> Rows:
        total = next((row["count_of_all"] for row in self.count.rows()), 0)  # no row: there is no book at all
        way = next(way for most, way in self.ways if total <= most)
        found = way().rows(place) if total else []
        if found:
            found[0]["count_of_all"] = total
        return found


class Ranked:
    """The rows of a page, and in the first of them the count of all."""

    def __init__(self, ranks: Sequence[Readable], count: Statement, place: Place) -> None:
        self.ranks, self.count, self.place = ranks, count, place
        self.queryset: QuerySet[Any, Any] = count.queryset

    def rows(self, place: Key = ()) -> Rows:
        found: Rows = []
        for rank in self.ranks:
            found += rank.rows(place)
            if len(found) > self.place.size:
                break
        if found:
            are_all = len(found) <= self.place.size and not self.place.cursor
            found[0]["count_of_all"] = len(found) if are_all else self.count.rows()[0]["count_of_all"]
        return found[: self.place.size + 1]


def ranked_page(
    among: QuerySet[Any, Any], ranks: Sequence[PagedQuerySet[Any]], columns: Iterable[str], place: Place, key: str
) -> PageQuery:
    """The query of one page of the rows `among` which the ranks are, in their order.

    `key` is the id by its name in the index of words, which gives it in order.
    """
    names = {*columns, *place.ordering.columns}
    parts = [
        _in_order(rows.filter(rest).annotate(distance=Value(distance)), names, place, key)
        for distance, rows in enumerate(ranks)
        if (rest := _rest(distance, place, key)) is not None
    ]
    if place.backwards:
        parts.reverse()
    count = ranks[0].model._default_manager.order_by().values(count_of_all=CappedCount(among))[:1]
    return PageQuery(among, Ranked(parts, Statement(count), place), place)


def _in_order(rows: QuerySet[Any, Any], names: Iterable[str], place: Place, key: str) -> Readable:
    """The first of these rows by their ids."""
    walked = rows.order_by(f"-{key}" if place.backwards else key).values(*names)[: place.size + 1]
    if connection.vendor != "postgresql":
        return Statement(walked)
    # PostgreSQL would walk the ids to what it takes for common and is not; of an expression it has no index.
    by_id = F("pk") + 0
    found = rows.order_by(by_id.desc() if place.backwards else by_id.asc()).values(*names)[: place.size + 1]
    count = rows.model._default_manager.order_by().values(count_of_all=CappedCount(rows, FEW_OF_A_RANK))[:1]
    return ByNumber(Statement(count), (FEW_OF_A_RANK, made(lambda: found)), (inf, made(lambda: walked)))


def _rest(distance: int, place: Place, key: str) -> Q | None:
    """What of a rank lies beyond the cursor; None if nothing does."""
    if place.cursor is None:
        return Q()
    rank, pk = place.cursor.key
    if distance == rank:
        return Q((f"{key}__lt" if place.backwards else f"{key}__gt", pk))
    return Q() if (distance > rank) != place.backwards else None
