"""JSON Lines, a book per line."""

from collections.abc import Iterable

import orjson

from books.exporting.base import ExportFormat, Row, record


class JsonLines(ExportFormat):
    label, extension, content_type = "JSON Lines", "jsonl", "application/x-ndjson"

    def encode(self, rows: Iterable[Row]) -> bytes:
        return b"".join(orjson.dumps(_line(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _line(row: Row) -> dict[str, object]:
    book = record(row)
    del book["id"]
    return book
