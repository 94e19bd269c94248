"""Pages of search results, and the one place that chooses how to find them.

- In a given order, a few matches are sorted. If there are many, a walk along the index of that order soon finds
  enough of them.
- By relevance nothing is sorted. Each rank is a separate search, narrowest first. Within a rank, books are in the order
  of their ids, as the index of words returns them. A page searches one rank after the other until it is full. Its key
  is the number of the rank (its `distance` from the best) and an id.
"""

import pickle  # nosec B403 - what this process has written
from array import array
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from books.cache import per_version
from books.metadata.series import Place
from books.models.series import BookSeries
from books.search.compiled_query import CompiledQuery, Parameter, Row, compile_query
from books.search.facets import FacetCounts, facet_counts
from books.search.filters import (
    END,
    FIRST,
    NUMBER,
    REFUSED_WORDS,
    SERIES,
    TEXT,
    BookSearch,
    Conditions,
    count_books,
    filter_books,
    id_range,
    parameters_of,
    with_place,
)
from books.search.index import catch_up, using_index
from books.search.pagination import COUNT_CAP, Ordering, Page, PageRequest, is_text
from django41_example.server.threads import in_thread

COLUMNS = ("id", "title", "author_names", "isbn13", "published_year", "language")
KEY = itemgetter(slice(len(COLUMNS), None))  # of a page's row
ID = Ordering("id", ("id",))
RELEVANCE = Ordering("relevance", ("distance", "id"))
WINDOW = 1000  # ids
SMALL_CATALOGUE = 200_000  # books; in a larger one searches have a lower cap, and facets are loaded after the list:
SEARCH_CAP = 1000  # 10,000 of a million words take 20 ms
# Up to so many books are sorted, at 3 µs each. A walk passes catalogue / count books for each one on the page.
SORTED_FILTERS = {"sqlite": 2000, "postgresql": 3000}
SORTED_WORDS = {"sqlite": 10_000, "postgresql": float("inf")}  # as those with a word may all be at the end of the list
FEW = 100  # books in a span of years are always sorted; for more, a walk is cheaper in a small catalogue
SORTED_RANK = 3000  # on PostgreSQL, which otherwise walks along the ids if it overestimates the matches


class FacetsRequest(NamedTuple):
    """Which facets of a list."""

    asked: str = ""  # a kind to list in full, or `all`
    start: str = ""  # the column whose first characters to list


class Matches:
    """The books that a search finds: one page, their facets, or all of them as a queryset."""

    def __init__(self, books: Any, search: BookSearch) -> None:
        self.books: QuerySet[Any] = books
        self.model: Any = books.model
        self.search, self.conditions = search, search.conditions

    @cached_property
    def ranks(self) -> list[Conditions]:
        """The conditions of each rank, the best first."""
        return [self.search.with_words(expression) for expression in self.search.query.ranks] or [self.conditions]

    def queryset(self) -> Any:
        """Call it in a thread: it first indexes what other programs have changed."""
        if self.search.needs_index:
            catch_up()
        books = filter_books(self.books, self.conditions)
        return books.none() if self.search.query.is_empty else books

    def ids(self) -> "array[int] | None":
        """All ids, in order; None for the whole catalogue. Call it in a thread."""
        if self.search.query.is_empty or not self.conditions:
            return array("q") if self.search.query.is_empty else None
        with using_index() if self.search.needs_index else nullcontext():
            found = filter_books(self.books, self.conditions).order_by().values_list("pk", flat=True)
            return array("q", sorted(found.iterator()))

    async def apage(self, page: PageRequest, facets: FacetsRequest | None = None) -> Page:
        """One page. Its rows hold COLUMNS, then the columns of the ordering.

        `facets`: those that `afacets` will be asked for. Where counting the books takes nearly as long as counting
        these too, the page has them.
        """
        if self.search.query.is_empty:
            return page.page([], 0, tuple)
        rows: list[Row] | None = None
        found: FacetCounts | None = None

        async def acount() -> tuple[int, int]:
            nonlocal rows, found
            counted, rows, found = await in_thread(self._read, page, facets=facets)
            return counted

        is_ranked = page.ordering == RELEVANCE
        count, cap = counted = await per_version.get_or_make(("count", is_ranked, *self.conditions), acount)
        if rows is None and (is_ranked or self.search.needs_index):
            _, rows, _ = await in_thread(self._read, page, counted)
        elif rows is None:
            query, values = self._in_order(page, count)
            rows = await query.aread(**values)
        return replace(page.page(rows or [], count, KEY, cap), facets=found)

    async def afacets(self, page: Page, facets: FacetsRequest) -> FacetCounts | None:
        """The facets; None if they would take long and nobody asked."""
        if page.facets:
            return page.facets  # type: ignore[no-any-return]
        asked, start = facets

        def count() -> bytes:
            if not asked and page.count >= SEARCH_CAP and not self._is_small():
                return pickle.dumps(None)
            is_known = page.count_is_exact or page.count == COUNT_CAP
            books = page.count + (not page.count_is_exact) if is_known else 0
            with using_index(is_current=True):
                counts = facet_counts(self.model, self.conditions, books, whole=asked, start=start)
            return pickle.dumps(counts)  # as objects they take seven times as much memory

        pickled = await per_version.get_or_make(("facets", self.conditions, asked, start), partial(in_thread, count))
        return pickle.loads(pickled)  # type: ignore[no-any-return]  # noqa: S301 # nosec B301 - see above

    def places(self, page: Page) -> dict[int, Place]:
        """Each book's place in the requested series, else in its first one. Call it in a thread."""
        asked = next((SERIES[name](value) for name, value in self.search.on_rows if name in SERIES), Q(position=0))
        found = BookSeries.objects.filter(asked, book__in=[row[0] for row in page.rows])
        rows = found.values_list("book", "series__name", "number", "label")
        return {pk: Place(name, number, label) for pk, name, number, label in rows}

    def _read(
        self, page: PageRequest, counted: tuple[int, int] | None = None, facets: FacetsRequest | None = None
    ) -> tuple[tuple[int, int], list[Row], FacetCounts | None]:
        """The count (unless it is known), the page, and facets where they tell the count, in one hop.

        First indexes what other programs have changed.
        """
        found, needs_index = None, self.search.needs_index
        has_facets = facets and self.conditions and connection.vendor == "postgresql"
        with using_index(is_current=not needs_index) if needs_index or has_facets else nullcontext():
            if facets and has_facets and (facets.asked or self._is_small()):
                found = facet_counts(self.model, self.conditions, 0, whole=facets.asked, start=facets.start)
                cap = self._cap(page)
                counted = min(found.count + (not found.is_exact), cap + 1), cap
            count, cap = counted = counted or self._count(page)
            is_by_id = page.ordering.columns == ID.columns and self.search.query.expression
            if is_by_id or page.ordering == RELEVANCE:
                return counted, self._read_ranks(page, count, is_few=count <= min(cap, SORTED_RANK)), found
            query, values = self._in_order(page, count)
            return counted, query.read(**values), found

    def _count(self, page: PageRequest) -> tuple[int, int]:
        """The number of matching books, up to one beyond the cap, and the cap."""
        if not self.conditions:
            books = self.model.objects.count()
            return books, max(books, COUNT_CAP)
        cap = self._cap(page)
        return count_books(self.model, self.conditions, cap), cap

    def _cap(self, page: PageRequest) -> int:
        """The cap on counting, lower in a large catalogue where counting is slow."""
        is_ranked = page.ordering == RELEVANCE
        cap = SEARCH_CAP if is_ranked else SORTED_FILTERS["postgresql"]
        is_quick = is_ranked and not self.search.query.terms
        if is_quick or not self.search.query.expression or (connection.vendor == "sqlite" and not is_ranked):
            return COUNT_CAP
        return COUNT_CAP if self._is_small() else cap

    def _is_small(self) -> bool:
        last = self.model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        return bool(last <= SMALL_CATALOGUE)

    def _in_order(self, page: PageRequest, count: int) -> tuple[CompiledQuery, dict[str, Any]]:
        """The query for a page in a given order, sorted or walked depending on the count; and its values."""
        vendor = "postgresql" if settings.ON_POSTGRESQL else "sqlite"  # on the loop `connection` would be a new one
        is_sorted = count <= (SORTED_WORDS if self.search.query.has_text else SORTED_FILTERS)[vendor]
        is_walk = not is_sorted and self.search.query.expression
        conditions = self.search.on_walk(page.ordering) if is_walk else self.conditions
        key = page.cursor.key if page.cursor else []
        is_sort, is_few = is_sorted and bool(conditions), count <= FEW and "lowest" in conditions.names
        shape = Shape(conditions.names, page.size, page.ordering, page.backwards, bool(key), is_sort, is_few)
        values = {**conditions.values, **{f"key{place}": each for place, each in enumerate(key)}}
        return compile_query(rows_in_order, self.model, shape, keeps_plan=is_sort or not conditions), values

    def _read_ranks(self, page: PageRequest, count: int, *, is_few: bool) -> list[Row]:
        """Search one rank after the other until the page is full."""
        by_id = page.ordering.columns == ID.columns
        ranks = enumerate([self.conditions] if by_id else self.ranks)
        down = page.ordering.descending != page.backwards
        at, last = (0, *page.cursor.key)[-2:] if page.cursor else (None, None)
        found: list[Row] = []
        for distance, conditions in sorted(ranks, reverse=page.backwards):
            if at is None or at == distance or (distance > at) != page.backwards:
                after = last if at == distance else None
                rows = rows_by_id(self.model, conditions, page.size, after, down=down, is_few=is_few)
                found += [(*row, *([] if by_id else [distance]), row[0]) for row in rows]
            if len(found) > page.size or len(found) == count:  # the page is full, or nothing is left
                break
        return found[: page.size + 1]


class Shape(NamedTuple):
    """Everything about a page's query except its values."""

    names: tuple[str, ...]  # of CONDITIONS
    size: int
    ordering: Ordering
    backwards: bool
    is_beyond: bool  # whether it starts at a key
    is_sorted: bool  # rather than walked to
    is_few: bool = False  # of a span of years: a walk would pass most of the catalogue


def rows_in_order(model: Any, shape: Shape) -> QuerySet[Any, Any]:
    ordering, conditions = shape.ordering, parameters_of(shape.names)
    rows = filter_books(model.objects.all(), conditions, by_years=shape.is_few)
    if "place" in ordering.columns:
        rows = with_place(rows, shape.names)
    order: list[Any] = ordering.order_by(backwards=shape.backwards)
    if shape.is_sorted and connection.vendor == "postgresql":  # which may overestimate the matches, and walk
        by = [Concat(name, Value("")) if is_text(name) else F(name) + 0 for name in ordering.columns]
        order = [each.desc() if ordering.descending != shape.backwards else each.asc() for each in by]
    for place, name in enumerate(shape.names):  # a walk along the years only covers the requested ones
        for column in ordering.columns:
            if name in {"from_year", "to_year"} and "year" in column:
                end = "gte" if name == "from_year" else "lte"
                rows = rows.filter(**{f"{column}__{end}": Parameter(f"{name}{place}", NUMBER)})
    if shape.is_beyond:
        kinds = [TEXT if is_text(name) else NUMBER for name in ordering.columns]
        key = [Parameter(f"key{place}", kind) for place, kind in enumerate(kinds)]
        rows = rows.filter(ordering.beyond(key, backwards=shape.backwards))
    found = rows.order_by(*order).values_list(*COLUMNS, *map(F, ordering.columns))
    return found[: shape.size + 1]  # type: ignore[no-any-return]


def rows_by_id(  # noqa: PLR0913 - all that there is to know
    model: Any, conditions: Conditions, size: int, after: int | None, *, down: bool, is_few: bool
) -> list[Row]:
    """The first `size` + 1 books beyond an id, in the order of their ids.

    `is_few`: whether they are known to be few enough to sort.
    """
    is_sorted = False
    if connection.vendor == "postgresql" and conditions.names not in {(), REFUSED_WORDS}:
        is_sorted = is_few or count_books(model, conditions, SORTED_RANK) <= SORTED_RANK
    if connection.vendor == "sqlite" and "without_words" in conditions.names:
        return rows_of_windows(model, conditions.within_window(), size, after, down=down)
    shape = Shape(conditions.names, size, ID, down, after is not None, is_sorted)
    query = compile_query(first_by_id, model, shape, keeps_plan=is_sorted)
    return query.read(**conditions.values, after=after)


def rows_of_windows(model: Any, conditions: Conditions, size: int, after: int | None, *, down: bool) -> list[Row]:
    """The same, read from windows of ids, each wider than the last, until there are enough."""
    shape = Shape(conditions.names, size, ID, down, is_beyond=False, is_sorted=False)
    query, values = compile_query(first_by_id, model, shape, keeps_plan=False), conditions.values
    first, end = id_range(model)
    if after is not None:
        first, end = (first, after) if down else (after + 1, end)
    found: list[Row] = []
    width = WINDOW
    while first < end and len(found) <= size:
        edge = max(first, end - width) if down else min(first + width, end)
        low, high = (edge, end) if down else (first, edge)
        found += query.read(**values, first=low, end=high)
        first, end = (first, edge) if down else (edge, end)
        width *= 4
    return found


def first_by_id(model: Any, shape: Shape) -> QuerySet[Any, Any]:
    rows, key = filter_books(model.objects.all(), parameters_of(shape.names)), "pk"
    if connection.vendor == "sqlite" and "words" in shape.names:
        key = "indexed"  # the index of words returns ids in order and can stop early
    if "without_words_in_window" in shape.names:
        rows = rows.filter(pk__gte=FIRST, pk__lt=END)
    if shape.is_beyond:
        rows = rows.filter(**{f"{key}__{'lt' if shape.backwards else 'gt'}": Parameter("after", NUMBER)})
    by: Any = F("pk") + 0 if shape.is_sorted else F(key)
    found = rows.order_by(by.desc() if shape.backwards else by.asc()).values_list(*COLUMNS)
    return found[: shape.size + 1]  # type: ignore[no-any-return]
