"""Keyset pages: the next page starts after the key of the last row, not after a number of rows.

Page 1,000 costs the same as page 1, and rows that are added or deleted never make others appear twice or disappear.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

COUNT_CAP = 20_000  # counting stops here: more is "20,000+"
CURSOR_LENGTH = 2000  # characters
BIGGEST_ID = 2**63 - 1
INVALID = "Invalid cursor. Follow the `next` and `previous` links unchanged."

_Model = TypeVar("_Model", bound=models.Model)


class Ordering(NamedTuple):
    """An order of rows: columns without NULL, the last one unique, all in one direction."""

    name: str
    columns: tuple[str, ...]
    descending: bool = False

    def order_by(self, *, backwards: bool) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [sign + column for column in self.columns]

    def beyond(self, key: Sequence[Any], *, backwards: bool) -> models.Q:
        """The rows after or before a key, as a comparison of rows, which can use an index."""
        lookup = TupleLessThan if self.descending != backwards else TupleGreaterThan
        return models.Q(lookup(Tuple(*self.columns), list(key)))


class Cursor(NamedTuple):
    """A place in an ordering: `after` or `before` the row with this key."""

    key: list[Any]
    backwards: bool = False

    @staticmethod
    def encode(ordering: Ordering, key: Iterable[Any]) -> str:
        """An opaque text for the key, for URLs."""
        return base64.urlsafe_b64encode(orjson.dumps([ordering.name, *key])).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, ordering: Ordering, *, backwards: bool) -> Self:
        """The cursor for a text from `encode`. Raises ValidationError for any other text."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            name, *key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValueError, TypeError):
            raise ValidationError(INVALID) from None
        if name != ordering.name:
            raise ValidationError(f"This cursor is of another order than {ordering.name}: leave it out.")
        if len(key) != len(ordering.columns) or not all(map(_fits, ordering.columns, key)):
            raise ValidationError(INVALID)
        return cls(key, backwards)


def is_text(column: str) -> bool:
    return column.endswith("_key") or column == "slug"


def _fits(column: str, value: object) -> bool:
    """Whether the value suits a database: it has the right type, no NUL or surrogate, and is no number out of range."""
    if is_text(column):
        return isinstance(value, str) and len(value) <= CURSOR_LENGTH and value.isprintable()
    return type(value) is int and abs(value) <= BIGGEST_ID


@dataclass(frozen=True)
class PageRequest:
    """A requested page of a list."""

    ordering: Ordering
    size: int  # rows
    cursor: Cursor | None = None

    @cached_property
    def backwards(self) -> bool:
        return self.cursor is not None and self.cursor.backwards

    def at(self, cursor: str, *, backwards: bool) -> Self:
        """The page at this cursor. Raises ValidationError."""
        return replace(self, cursor=Cursor.decode(cursor, self.ordering, backwards=backwards))

    def page(
        self, found: Sequence[Any], count: int, key: Callable[[Any], Iterable[Any]], cap: int = COUNT_CAP
    ) -> "Page":
        """The page for these rows, which are in the direction of the request, with one more row if there is one.

        `key` returns the key of a row in the ordering; rows are counted up to one beyond `cap`.
        """
        rows, more = list(found[: self.size][:: -1 if self.backwards else 1]), len(found) > self.size
        has_next, has_previous = (True, more) if self.backwards else (more, self.cursor is not None)
        return Page(
            rows=rows,
            count=min(count, cap),
            count_is_exact=count <= cap,
            after=Cursor.encode(self.ordering, key(rows[-1])) if rows and has_next else None,
            before=Cursor.encode(self.ordering, key(rows[0])) if rows and has_previous else None,
        )


@dataclass(frozen=True)
class Page:
    """One page of plain rows, and the cursors of the pages around it."""

    rows: list[Any]
    count: int
    count_is_exact: bool
    after: str | None
    before: str | None
    facets: Any = None  # of books, if these were counted too

    def links(self, path: str, query: str) -> dict[str, str | None]:
        """The URLs of the pages around it; `query` is the query string, without its cursor."""
        start = f"{path}?{query}&" if query else f"{path}?"  # a cursor needs no quoting
        return {
            "next": f"{start}after={self.after}" if self.after else None,
            "previous": f"{start}before={self.before}" if self.before else None,
        }


class CappedCount(models.Subquery):
    """The number of rows of a query, counted up to one beyond the cap."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = models.IntegerField()

    def __init__(self, queryset: models.QuerySet[Any, Any], cap: int = COUNT_CAP) -> None:
        super().__init__(queryset.order_by().values("pk")[: cap + 1])

    def get_db_converters(self, connection: Any) -> list[Any]:
        return []  # both databases give a number as it is


class PagedQuerySet(models.QuerySet[_Model]):
    """A queryset that can be read page by page; `ORDERINGS` has the orders by name."""

    ORDERINGS: ClassVar[Mapping[str, Ordering]]

    async def apage(self, columns: Iterable[str], page: PageRequest) -> Page:
        """One page of rows as dicts of the columns, with their count, in one query."""
        ordering = page.ordering
        rows = self.annotate(count_of_all=CappedCount(self)).order_by(*ordering.order_by(backwards=page.backwards))
        if page.cursor:
            rows = rows.filter(ordering.beyond(page.cursor.key, backwards=page.backwards))
        names = {*columns, *ordering.columns, "count_of_all"}
        found = [row async for row in rows.values(*names)[: page.size + 1]]
        count = found[0]["count_of_all"] if found else 0
        if page.cursor and not found:  # no row has the count: there may be none only beyond the cursor
            count = await self.order_by()[: COUNT_CAP + 1].acount()
        return page.page(found, count, lambda row: [row[column] for column in ordering.columns])
