"""Pages of what a search finds, the best first: of a million rows they are found without sorting them.

The ranks are searches of their own, the narrowest first, and within a rank the rows stand in the order of their ids.
So a page asks one rank after the other until it is full, and an index of words gives ids in order and stops there.
A place in this order is a rank (its `distance` from the best) and an id.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet, Value

from books.paging import CappedCount, PagedQuerySet, PageQuery, Place
from books.prepared import Key, Rows, Statement


class Ranked:
    """The rows of a page, and in the first of them the count of all."""

    def __init__(self, ranks: Sequence[Statement], count: Statement, place: Place) -> None:
        self.ranks, self.count, self.place = ranks, count, place
        self.queryset: QuerySet[Any, Any] = count.queryset

    def rows(self, place: Key = ()) -> Rows:
        found: Rows = []
        for rank in self.ranks:
            found += rank.rows()
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
    order, names = f"-{key}" if place.backwards else key, {*columns, *place.ordering.columns}
    statements = [
        Statement(rows.filter(rest).annotate(distance=Value(distance)).order_by(order).values(*names)[: place.size + 1])
        for distance, rows in enumerate(ranks)
        if (rest := _rest(distance, place, key)) is not None
    ]
    if place.backwards:
        statements.reverse()
    count = ranks[0].model._default_manager.order_by().values(count_of_all=CappedCount(among))[:1]
    return PageQuery(among, Ranked(statements, Statement(count), place), place)


def _rest(distance: int, place: Place, key: str) -> Q | None:
    """What of a rank lies beyond the cursor; None if nothing does."""
    if place.cursor is None:
        return Q()
    rank, pk = place.cursor.key
    if distance == rank:
        return Q((f"{key}__lt" if place.backwards else f"{key}__gt", pk))
    return Q() if (distance > rank) != place.backwards else None
