"""The base classes of export formats, and streams of books in batches, so that a file of any size takes little memory.

While a slow client reads, no cursor, connection or thread is held: each batch continues after the last id of the one
before, or takes the next ids of a search that ran once, at eight bytes per book.
"""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import closing
from html import escape
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from books.metadata.record import COLUMNS, FIELDS
from books.models.book import Book, BookQuerySet
from books.models.book_columns import split
from books.web.serializers import number

BATCH = 250  # rows in memory for each slow client
NAMES = [place for place, field in enumerate(FIELDS, 1) if field.column]  # places in a row
DECIMALS = [place for place, field in enumerate(FIELDS, 1) if field.schema["type"] == "number"]
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 cannot even escape these
ROW = ("id", *COLUMNS)

Row = Sequence[Any]


class ExportFormat:
    """An export format. An instance writes one file: `header`, `encode` for each batch, `separator` between, `end`."""

    label: ClassVar[str]  # for people
    extension: ClassVar[str]  # of the file and its URL
    content_type: ClassVar[str]
    header: ClassVar[bytes] = b""
    separator: ClassVar[bytes] = b""
    extra: ClassVar[tuple[str, ...]] = ()  # columns needed besides a book's fields
    is_packed: ClassVar[bool] = False  # already compressed
    is_resumable: ClassVar[bool] = True  # whether another instance can continue the file

    def encode(self, rows: Iterable[Row]) -> bytes:
        """The bytes of these rows: id, cells and the `extra` columns."""
        raise NotImplementedError

    def end(self) -> bytes:
        return b""

    def close(self) -> None:
        """Always called, even if the file is abandoned."""


class EntryFormat(ExportFormat):
    """A format that writes books one by one."""

    def entry(self, book: dict[str, Any]) -> str:
        """The text for a book, given its fields and id."""
        raise NotImplementedError

    def encode(self, rows: Iterable[Row]) -> bytes:
        return self.separator.join(self.entry(record(row, self.extra)).encode() for row in rows)


def record(row: Row, extra: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of a row by name, and its id."""
    cells = list(row)
    for place in NAMES:
        cells[place] = split(cells[place])
    for place in DECIMALS:
        cells[place] = number(cells[place])
    return dict(zip((*ROW, *extra), cells, strict=True))


def xml_text(text: str) -> str:
    """The text escaped for XML, except quotes: text does not need that, and old parsers know few entities."""
    return escape(text if text.isprintable() else _NOT_IN_XML.sub("", text), quote=False)


def rows_after(books: BookQuerySet, last: int, extra: tuple[str, ...] = ()) -> QuerySet[Book, Row]:
    """The next batch by id: rows of id, cells and the extra columns."""
    return books.after(last).values_list("pk", *COLUMNS.values(), *extra)[:BATCH]


async def stream(ids: Sequence[int] | None, known: type[ExportFormat]) -> AsyncIterator[bytes]:
    """The file of the books with these ids (None: all books), a batch at a time. A search runs only once."""
    with closing(known()) as file:
        yield file.header
        separator = b""
        async for batch in _all(file.extra) if ids is None else _selected(ids, file.extra):
            yield separator + await sync_to_async(file.encode)(batch)
            separator = file.separator
        yield await sync_to_async(file.end)()


async def _all(extra: tuple[str, ...]) -> AsyncIterator[list[Row]]:
    last = 0
    while batch := [row async for row in rows_after(Book.objects.all(), last, extra)]:
        last = batch[-1][0]
        yield batch


async def _selected(ids: Sequence[int], extra: tuple[str, ...]) -> AsyncIterator[list[Row]]:
    for start in range(0, len(ids), BATCH):
        books = Book.objects.filter(pk__in=ids[start : start + BATCH])
        if batch := [row async for row in rows_after(books, 0, extra)]:
            yield batch
