"""Books read in batches, so that an export of any size takes little memory.

Each batch continues after the last one's id: no cursor, connection or thread is held while a slow client reads.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from books.metadata.record import COLUMNS, FIELDS
from books.models.book import Book, BookQuerySet

BATCH = 1000  # rows
NAMES = [place for place, field in enumerate(FIELDS) if field.column]
DECIMALS = [place for place, field in enumerate(FIELDS) if field.schema["type"] == "number"]

Row = Sequence[Any]


@dataclass(frozen=True)
class ExportFormat:
    content_type: str
    encode: Callable[[Iterable[Row]], bytes]
    header: bytes = b""


def rows_after(books: BookQuerySet, last: int) -> QuerySet[Book, Row]:
    """The next batch in order of the ids: of each row its id, then its cells."""
    return books.after(last).values_list("pk", *COLUMNS.values())[:BATCH]


async def stream(books: BookQuerySet, known: ExportFormat) -> AsyncIterator[bytes]:
    """The file, a batch of books at a time."""
    yield known.header
    last = 0
    while batch := [row async for row in rows_after(books, last)]:
        last = batch[-1][0]
        yield await sync_to_async(known.encode)(row[1:] for row in batch)
