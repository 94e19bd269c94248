"""The catalogue as a file: CSV or JSON Lines, read and written in batches, so that any number of books is no memory.

Each batch continues after the last one's id: no cursor, connection or thread is held while a slow reader reads.
A file holds what an import needs to make the same books again, byte for byte, in an empty catalogue.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from books.metadata.record import COLUMNS, FIELDS, SEPARATOR
from books.models.book import NAME_SEPARATOR, Book, BookQuerySet, split
from books.web.serializers import number

BATCH = 1000  # rows
NAMES = [place for place, field in enumerate(FIELDS) if field.column]
DECIMALS = [place for place, field in enumerate(FIELDS) if field.schema["type"] == "number"]
TEXTS = [place for place, field in enumerate(FIELDS) if field.schema["type"] in {"string", "array"}]
_FIRST = itemgetter(0)

# A cell that a spreadsheet would run, however often it was defused already.
FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
SUSPECT = frozenset("'=+-@\t\r＝＋－＠")

Row = Sequence[Any]
Encoder = Callable[[Iterable[Row]], bytes]


def csv_lines(rows: Iterable[Row]) -> bytes:
    """The rows as CSV. Column by column: what is looked at cell by cell is what an export's time goes to."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place in NAMES:
        columns[place] = [names.replace(NAME_SEPARATOR, f"{SEPARATOR} ") for names in columns[place]]
    for place in DECIMALS:
        columns[place] = [number(value) for value in columns[place]]
    for place in TEXTS:
        if not SUSPECT.isdisjoint(map(_FIRST, filter(None, columns[place]))):
            columns[place] = [_defused(cell) for cell in columns[place]]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode()


def _defused(cell: str | None) -> str | None:
    return f"'{cell}" if cell and FORMULA.match(cell) else cell


def csv_header() -> bytes:
    return ",".join(COLUMNS).encode() + b"\n"


def json_lines(rows: Iterable[Row]) -> bytes:
    return b"".join(orjson.dumps(_object(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _object(row: Row) -> dict[str, Any]:
    cells = list(row)
    for place in NAMES:
        cells[place] = split(cells[place])
    for place in DECIMALS:
        cells[place] = number(cells[place])
    return dict(zip(COLUMNS, cells, strict=True))


def rows_after(books: BookQuerySet, last: int) -> QuerySet[Book, Row]:
    """The next batch in order of the ids: of each row its id, then its cells."""
    return books.after(last).values_list("pk", *COLUMNS.values())[:BATCH]


async def stream(books: BookQuerySet, encode: Encoder, header: bytes = b"") -> AsyncIterator[bytes]:
    """The books in order of their ids, a batch of lines at a time."""
    yield header
    last = 0
    while batch := [row async for row in rows_after(books, last)]:
        last = batch[-1][0]
        yield await sync_to_async(encode)(row[1:] for row in batch)
