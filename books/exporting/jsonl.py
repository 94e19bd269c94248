"""JSON Lines, a book per line."""

from collections.abc import Iterable

import orjson

from books.exporting.base import ExportFormat, Row, by_column
from books.metadata.record import COLUMNS, NAMES
from books.models.book_columns import split


class JsonLines(ExportFormat):
    label, extension, content_type = "JSON Lines", "jsonl", "application/x-ndjson"
    is_quick = True

    def encode(self, rows: Iterable[Row]) -> bytes:
        columns = by_column(rows)
        for name in NAMES:
            columns[name] = list(map(split, columns[name]))
        cells = zip(*(columns[name] for name in COLUMNS), strict=True)
        books = (dict(zip(COLUMNS, row, strict=True)) for row in cells)
        lines = bytearray()  # many bytes at once would have their pages taken and given back for each batch
        for book in books:
            lines += orjson.dumps(book, option=orjson.OPT_APPEND_NEWLINE)
        return bytes(lines)
