"""Books read in batches, so that an export of any size takes little memory.

No cursor, connection or thread is held while a slow client reads: each batch continues after the last one's id, or
takes the next of the ids that were read at first, eight bytes each.
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


async def stream(ids: Sequence[int] | None, known: ExportFormat) -> AsyncIterator[bytes]:
    """The file of the books with these ids, None: of all, a batch at a time. A search is not made again for each."""
    yield known.header
    async for batch in _all() if ids is None else _of(ids):
        yield await sync_to_async(known.encode)(row[1:] for row in batch)


async def _all() -> AsyncIterator[list[Row]]:
    last = 0
    while batch := [row async for row in rows_after(Book.objects.all(), last)]:
        last = batch[-1][0]
        yield batch


async def _of(ids: Sequence[int]) -> AsyncIterator[list[Row]]:
    for start in range(0, len(ids), BATCH):
        books = Book.objects.filter(pk__in=ids[start : start + BATCH])
        if batch := [row async for row in rows_after(books, 0)]:
            yield batch
