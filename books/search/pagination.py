"""Pages of a list by keyset: where the next page begins is told by the last row's own key, never by a number of rows.

Page 1,000 costs what page 1 costs, and rows that come or go meanwhile neither repeat nor hide others.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from books.search.compiled_query import Key, Readable, Rows, Statement, aread, slot

COUNT_CAP = 10_000  # counting stops here: what is beyond is "10,000+"
CURSOR_LENGTH = 2000  # characters
BIGGEST_ID = 2**63 - 1

_Model = TypeVar("_Model", bound=models.Model)


@dataclass(frozen=True)
class Ordering:
    """An order of rows: columns without NULL, the last of them unique, all in one direction."""

    name: str
    columns: tuple[str, ...]
    descending: bool = False

    def order_by(self, *, backwards: bool) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [sign + column for column in self.columns]

    def beyond(self, key: list[Any], *, backwards: bool) -> models.Q:
        """The rows after the key, or before it: a comparison of rows, which an index answers."""
        lookup = TupleLessThan if self.descending != backwards else TupleGreaterThan
        return models.Q(lookup(Tuple(*self.columns), key))


@dataclass(frozen=True)
class Cursor:
    """A place in an ordering: `after` or `before` the row with this key."""

    key: list[Any]
    backwards: bool = False

    @staticmethod
    def written(ordering: Ordering, row: Mapping[str, Any]) -> str:
        """The opaque text that stands for the row's place in a URL."""
        value = [ordering.name, *(row[column] for column in ordering.columns)]
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, ordering: Ordering, *, backwards: bool) -> Self:
        """The place that `written` wrote. Raises ValidationError for anything else."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            name, *key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise ValidationError("This is no place in the list: use `next` and `previous` as they are.") from None
        if name != ordering.name:
            raise ValidationError(f"This place belongs to another order than {ordering.name}: leave it out.")
        if len(key) != len(ordering.columns) or not all(map(_fits, ordering.columns, key)):
            raise ValidationError("This is no place in the list: use `next` and `previous` as they are.")
        return cls(key, backwards)


def is_text(column: str) -> bool:
    return column.endswith("_key")


def _fits(column: str, value: object) -> bool:
    """Whether a database can be asked for the value: the right type, no NUL or surrogate, no number beyond its own."""
    if is_text(column):
        return isinstance(value, str) and len(value) <= CURSOR_LENGTH and value.isprintable()
    return type(value) is int and abs(value) <= BIGGEST_ID


def any_cursor(ordering: Ordering, *, backwards: bool) -> Cursor:
    """A cursor for a query that is made once, and read at many places of the ordering."""
    key = [slot(number, is_text=is_text(column)) for number, column in enumerate(ordering.columns)]
    return Cursor(key, backwards)


@dataclass(frozen=True)
class Place:
    """Which page of a list is asked for."""

    ordering: Ordering
    size: int  # rows
    cursor: Cursor | None = None

    @property
    def backwards(self) -> bool:
        return self.cursor is not None and self.cursor.backwards


@dataclass(frozen=True)
class Page:
    """One page of plain rows and what is around it."""

    rows: list[dict[str, Any]]
    count: int
    count_is_exact: bool
    after: str | None  # the cursor of the next page
    before: str | None  # the cursor of the previous one
    beside: list[Rows]

    def links(self, path: str, parameters: Mapping[str, str]) -> dict[str, str | None]:
        """The addresses of the pages around it; `parameters` are the query's, without its cursor."""

        def link(name: str, cursor: str | None) -> str | None:
            return f"{path}?{urlencode({**parameters, name: cursor})}" if cursor else None

        return {"next": link("after", self.after), "previous": link("before", self.before)}

    def link_header(self, path: str, parameters: Mapping[str, str]) -> str:
        """The same as the value of a Link header (RFC 8288)."""
        names = {"next": "next", "previous": "prev"}
        links = self.links(path, parameters).items()
        return ", ".join(f'<{address}>; rel="{names[name]}"' for name, address in links if address)


class CappedCount(models.Subquery):
    """The number of rows of a query, counted to one beyond the cap at the most."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = models.IntegerField()

    def __init__(self, queryset: models.QuerySet[Any], cap: int = COUNT_CAP) -> None:
        super().__init__(queryset.order_by().values("pk")[: cap + 1])


class PagedQuerySet(models.QuerySet[_Model]):
    """Rows that can be read page by page; `ORDERINGS` names the orders."""

    ORDERINGS: ClassVar[Mapping[str, Ordering]]

    def page(self, columns: Iterable[str], place: Place) -> "PageQuery":
        """The query of one page of rows as dicts of the columns, and the count: made once, it can be read often."""
        counted = self.annotate(count_of_all=CappedCount(self))
        return PageQuery(self, Statement(counted.rows_at([*columns, "count_of_all"], place)), place)

    def rows_at(
        self, columns: Iterable[str], place: Place, order: Sequence[Any] = ()
    ) -> models.QuerySet[_Model, dict[str, Any]]:
        """The rows of a page, and one more if there is one; `order` is another way to say the place's own."""
        rows = self.order_by(*(order or place.ordering.order_by(backwards=place.backwards)))
        if place.cursor:
            rows = rows.filter(place.ordering.beyond(place.cursor.key, backwards=place.backwards))
        return rows.values(*{*columns, *place.ordering.columns})[: place.size + 1]


@dataclass(frozen=True)
class PageQuery:
    among: models.QuerySet[Any, Any]
    rows: Readable
    place: Place

    async def aread(self, *beside: Readable, at: Key = ()) -> Page:
        """The page as it is now, in one query; and what those `beside` it give, if there are any.

        `at`: the cursor's key, where the query was made for any.
        """
        size, cursor, ordering = self.place.size, self.place.cursor, self.place.ordering
        found, *others = await aread(self.rows, *beside, when=bool, place=at)
        page, more = found[:size][:: -1 if self.place.backwards else 1], len(found) > size
        count = found[0]["count_of_all"] if found else await self._count_beyond()
        cap = found[0].get("counted_to", COUNT_CAP) if found else COUNT_CAP
        has_next, has_previous = (True, more) if self.place.backwards else (more, cursor is not None)
        return Page(
            rows=page,
            count=min(count, cap),
            count_is_exact=count <= cap,
            after=Cursor.written(ordering, page[-1]) if page and has_next else None,
            before=Cursor.written(ordering, page[0]) if page and has_previous else None,
            beside=others,
        )

    async def _count_beyond(self) -> int:
        """The count where no row tells it: none beyond a cursor does not mean none at all."""
        return await self.among.order_by()[: COUNT_CAP + 1].acount() if self.place.cursor else 0
