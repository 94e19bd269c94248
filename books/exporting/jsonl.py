"""JSON Lines: a book per line."""

from collections.abc import Iterable
from typing import Any

import orjson

from books.exporting.batches import DECIMALS, NAMES, ExportFormat, Row
from books.metadata.record import COLUMNS
from books.models.book_columns import split
from books.web.serializers import number


def encode(rows: Iterable[Row]) -> bytes:
    return b"".join(orjson.dumps(_record(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _record(row: Row) -> dict[str, Any]:
    cells = list(row)
    for place in NAMES:
        cells[place] = split(cells[place])
    for place in DECIMALS:
        cells[place] = number(cells[place])
    return dict(zip(COLUMNS, cells, strict=True))


FORMAT = ExportFormat("application/x-ndjson", encode)
