"""Pages of what a search finds, the best first: of a million rows they are found without sorting them.

The ranks are searches of their own, the narrowest first, and within a rank the rows stand in the order of their ids.
So a page asks one rank after the other until it is full, and an index of words gives ids in order and stops there.
A place in this order is a rank (its `distance` from the best) and an id.
"""

from collections.abc import Callable, Sequence
from functools import cache
from math import inf
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, Value

from books.models.words import Words
from books.search.compiled_query import Key, Readable, Rows, Statement, slot
from books.search.pagination import COUNT_CAP, CappedCount, PageQuery, Place

Made = Callable[[], Statement]

FEW_OF_A_RANK = 3000  # rows that are rather sorted than walked to on PostgreSQL
SMALL_CATALOGUE = 100_000  # books, among which all that fit are counted, to COUNT_CAP
ENOUGH_OF_A_SEARCH = 1000  # books that are counted among more than that
ENOUGH_OF_A_LIST = {"sqlite": COUNT_CAP, "postgresql": FEW_OF_A_RANK}  # PostgreSQL looks up the row of each
NONE = {"count_of_all": 0}


def made(queryset: Callable[[], QuerySet[Any, Any]]) -> Made:
    """The query of this, made when it is first run."""
    return cache(lambda: Statement(queryset()))


class ByNumber:
    """The rows of a page, by the way that their number asks for: the first of the ways that is good for so many."""

    def __init__(self, count: Readable, *ways: tuple[float, Made]) -> None:
        self.count, self.ways = count, ways
        self.queryset: QuerySet[Any, Any] = count.queryset

    def rows(self, place: Key = ()) -> Rows:
        count = next(iter(self.count.rows(place)), NONE)  # no row: there is no book at all
        way = next(way for most, way in self.ways if count["count_of_all"] <= most)
        found = way().rows(place) if count["count_of_all"] else []
        if found:
            found[0] |= count
        return found


class Ranked:
    """The rows of a page, and in the first of them the count of all."""

    def __init__(self, ranks: Sequence[Readable], count: Readable, place: Place) -> None:
        self.ranks, self.count, self.place = ranks, count, place
        self.queryset: QuerySet[Any, Any] = count.queryset

    def rows(self, place: Key = ()) -> Rows:
        count = next(iter(self.count.rows()), NONE)
        found: Rows = []
        for rank in self.ranks if count["count_of_all"] else ():
            found += rank.rows(place)
            if len(found) > self.place.size or len(found) == count["count_of_all"]:
                break  # the page is full, or nothing is left for the other ranks
        if found:
            found[0] |= count
        return found[: self.place.size + 1]


def holding(books: Any, expression: Any) -> Any:
    """Those of the books that hold what an Expression asks for."""
    in_row = connection.vendor == "postgresql"
    return books.filter(**{"words__holds" if in_row else "indexed__words__holds": expression})


class Count:
    """How many there are, and to how many they were counted: in a large catalogue not so far that it takes its time."""

    def __init__(self, some: Statement, more: Statement, model: Any, enough: int) -> None:
        self.some, self.more, self.enough, self.queryset = some, more, enough, some.queryset
        self.last = Statement(model._default_manager.order_by("-pk").values("pk")[:1])

    def rows(self, place: Key = ()) -> Rows:
        found = self.some.rows(place)
        if self.enough < COUNT_CAP and found and found[0]["count_of_all"] > self.enough:
            if self.last.rows()[0]["pk"] <= SMALL_CATALOGUE:
                return self.more.rows(place)
            found[0]["counted_to"] = self.enough
        return found


class AnyExpression:
    """Stands for what is asked for in a query that is made once, whatever is asked for: its first slot."""

    def as_fts5(self) -> str:
        return str(slot(0, is_text=True))

    as_tsquery = as_fts5


class AnyWords:
    """The queries for those `among` some books that hold some words, whichever words these are; each is made once."""

    def __init__(self, among: QuerySet[Any, Any]) -> None:
        any_words: Any = AnyExpression()
        is_all = connection.vendor == "sqlite" and not among.query.where  # SQLite's index counts by itself
        self.holding = holding(among, any_words)
        self.counted = Words.objects.filter(words__holds=any_words) if is_all else self.holding
        self.rank, self.count = cache(self._rank), cache(self._count)

    def _count(self, *, is_ranked: bool) -> Readable:
        enough = ENOUGH_OF_A_SEARCH if is_ranked else ENOUGH_OF_A_LIST[connection.vendor]
        some, all_ = (count_of(self.counted, self.holding, cap) for cap in (enough, COUNT_CAP))
        return Count(some, all_, self.holding.model, enough)

    def _rank(self, columns: tuple[str, ...], size: int, *, backwards: bool, is_beyond: bool) -> Readable:
        """The first by their ids. The second slot is their rank, the third an id beyond which they are, if told so."""
        on_postgresql = connection.vendor == "postgresql"
        key = "pk" if on_postgresql else "indexed"  # the index of words gives them in order
        rows = self.holding.annotate(distance=Value(slot(1, is_text=False)))
        if is_beyond:
            rows = rows.filter(**{f"{key}__{'lt' if backwards else 'gt'}": slot(2, is_text=False)})
        names = {*columns, "distance", "id"}
        walked = rows.order_by(f"-{key}" if backwards else key).values(*names)[: size + 1]
        if not on_postgresql:
            return Statement(walked)
        # PostgreSQL would walk the ids to what it takes for common and is not; of an expression it has no index.
        by_id = F("pk") + 0
        found = rows.order_by(by_id.desc() if backwards else by_id.asc()).values(*names)[: size + 1]
        count = count_of(rows, rows, FEW_OF_A_RANK)
        return ByNumber(count, (FEW_OF_A_RANK, made(lambda: found)), (inf, made(lambda: walked)))


class Filled:
    """A query that was made for any values, and the values: a Readable."""

    def __init__(self, query: Readable, expression: Any, *others: int) -> None:
        self.query, self.queryset = query, query.queryset
        text = expression.as_tsquery() if connection.vendor == "postgresql" else expression.as_fts5()
        self.values = (text, *others)

    def rows(self, place: Key = ()) -> Rows:
        return self.query.rows(self.values)


def ranked_page(
    among: QuerySet[Any, Any],
    ranks: Sequence[Any],
    count: Readable,
    place: Place,
    rank: Callable[..., Readable],
) -> PageQuery:
    """The query of one page of the rows `among` which are those of the ranks, each an expression, in their order.

    `rank`: see AnyWords.
    """
    parts = []
    for distance, expression in enumerate(ranks):
        at, pk = place.cursor.key if place.cursor else (None, 0)
        if at is None or at == distance or (distance > at) != place.backwards:
            parts.append(Filled(rank(backwards=place.backwards, is_beyond=distance == at), expression, distance, pk))
    if place.backwards:
        parts.reverse()
    return PageQuery(among, Ranked(parts, count, place), place)


def count_of(rows: QuerySet[Any, Any], among: QuerySet[Any, Any], cap: int = COUNT_CAP) -> Statement:
    """One row that has their number, capped; none if there are none `among` which they are."""
    counted: QuerySet[Any, Any] = among.model._default_manager.order_by()
    return Statement(counted.values(count_of_all=CappedCount(rows, cap))[:1])
