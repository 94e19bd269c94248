"""The base classes of export formats, and files of books in batches, so that a file of any size takes little memory.

While a slow client reads, no cursor, connection or thread is held: each batch continues after the last id of the one
before, or takes the next ids of a search that ran once, at eight bytes per book.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from html import escape
from itertools import batched, repeat
from typing import Any, ClassVar

from django.db.models import BigAutoField, FloatField, QuerySet, TextField
from django.db.models.functions import Cast, Left

from books.metadata.record import COLUMNS, NAMES, SEPARATOR
from books.models.book import Book, BookQuerySet
from books.models.book_columns import NAME_SEPARATOR
from books.search.compiled_query import Parameter, compile_query

BATCH = 500  # rows in memory for each slow client
# The characters that XML 1.0 cannot even escape, and with them those that it escapes.
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL_IN_XML = re.compile("[^\t\n\r !-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ROW = ("id", *COLUMNS, "created_on")
# Conversions that would take Python a third of an export's time.
_CONVERTED = {"series_number": Cast("series_number", FloatField())}
_CREATED_ON = Left(Cast("created_at", TextField()), 10)

Row = Sequence[Any]
Part = tuple[str, Callable[..., Any]]  # the names of columns, and what makes something of their values


class ExportFormat:
    """An export format. An instance writes one file: `header`, `encode` for each batch, `separator` between, `end`."""

    label: ClassVar[str]  # for people
    extension: ClassVar[str]  # of the file and its URL
    content_type: ClassVar[str]
    header: ClassVar[bytes] = b""
    separator: ClassVar[bytes] = b""
    is_packed: ClassVar[bool] = False  # already compressed
    is_resumable: ClassVar[bool] = True  # whether another instance can continue the file
    is_quick: ClassVar[bool] = False  # 100,000 books take less than a second of processor time

    def encode(self, rows: Iterable[Row]) -> bytes:
        """The bytes of these rows, which have the columns ROW."""
        raise NotImplementedError

    def end(self) -> bytes:
        return b""

    def close(self) -> None:
        """Always called, even if the file is abandoned."""


def by_column(rows: Iterable[Row]) -> dict[str, Sequence[Any]]:
    """The columns ROW: work on a whole column takes a fraction of the time of work on each cell."""
    columns = dict(zip(ROW, zip(*rows, strict=True), strict=True))
    return columns | {"series_number": list(map(number, columns["series_number"]))}


def encode_parts(rows: Iterable[Row], parts: Iterable[Part]) -> list[list[Any]]:
    """The text of each part, for all rows: a list per part, since C code loops over the rows."""
    columns = by_column(rows)
    return [list(map(make, *(columns[name] for name in names.split()))) for names, make in parts]


class EntryFormat(ExportFormat):
    """A format of entries, each the texts of these parts, in this order."""

    parts: ClassVar[Sequence[Part]]
    end_of_entry: ClassVar[str]

    def encode(self, rows: Iterable[Row]) -> bytes:
        entries = map("".join, zip(*encode_parts(rows, self.parts), repeat(self.end_of_entry)))
        return self.separator.join(map(str.encode, entries))


# For what many books have in common. Larger ones hold hundreds of megabytes after a large catalogue.
frequent, for_names = lru_cache(1_000), lru_cache(10_000)  # names take longest to make


def table_columns(rows: Iterable[Row]) -> list[Sequence[Any]]:
    """The columns of a book's fields as in a table, with several names in a cell."""
    columns = by_column(rows)
    for name in NAMES:
        columns[name] = [names.replace(NAME_SEPARATOR, f"{SEPARATOR} ") for names in columns[name]]
    return [columns[name] for name in COLUMNS]


def number(value: float | None) -> float | None:
    """2 for 2.0."""
    return int(value) if value is not None and value.is_integer() else value


def xml_text(text: str) -> str:
    """The text escaped for XML, except quotes: text does not need that, and old parsers know few entities."""
    return escape(_NOT_IN_XML.sub("", text), quote=False) if _SPECIAL_IN_XML.search(text) else text


def rows_after(books: BookQuerySet, last: Any) -> QuerySet[Book, Row]:
    """The next batch by id, in the columns ROW."""
    columns = (_CONVERTED.get(column, column) for column in COLUMNS.values())
    return books.after(last).values_list("pk", *columns, _CREATED_ON)[:BATCH]


def parts(ids: Sequence[int] | None, known: type[ExportFormat]) -> Iterator[bytes]:
    """The file of the books with these ids (None: all books), a batch at a time. A search runs only once."""
    with closing(known()) as file:
        yield file.header
        separator = b""
        for batch in _all() if ids is None else _selected(ids):
            yield separator + file.encode(batch)
            separator = file.separator
        yield file.end()


def _all() -> Iterator[Sequence[Row]]:
    query, last = compile_query(_rows_after), 0
    while batch := query.read(last=last):
        last = batch[-1][0]
        yield batch


def _selected(ids: Sequence[int]) -> Iterator[Sequence[Row]]:
    query = compile_query(_rows_among)
    for some in batched(ids, BATCH):
        places = dict.fromkeys(_PLACES, 0) | dict(zip(_PLACES, some, strict=False))  # no book has the id 0
        if batch := query.read(**places):
            yield batch


_PLACES = tuple(map(str, range(BATCH)))
_ID = BigAutoField()


def _rows_after() -> QuerySet[Book, Row]:
    return rows_after(Book.objects.all(), Parameter("last", _ID))


def _rows_among() -> QuerySet[Book, Row]:
    return rows_after(Book.objects.filter(pk__in=[Parameter(place, _ID) for place in _PLACES]), 0)
