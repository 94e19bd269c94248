"""CSV with a book per row, in the columns of our import."""

import csv
import io
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from books.exporting.base import DECIMALS, NAMES, ExportFormat, Row
from books.exporting.formulas import FIRST, defuse
from books.metadata.record import COLUMNS, FIELDS, SEPARATOR
from books.models.book_columns import NAME_SEPARATOR
from books.web.serializers import number

TEXTS = [place for place, field in enumerate(FIELDS, 1) if field.schema["type"] in {"string", "array"}]
BOM = b"\xef\xbb\xbf"  # Excel needs it to recognise UTF-8
_FIRST = itemgetter(0)


class Csv(ExportFormat):
    label, extension, content_type = "CSV", "csv", "text/csv; charset=utf-8"
    header = ",".join(COLUMNS).encode() + b"\n"

    def encode(self, rows: Iterable[Row]) -> bytes:
        """The rows as CSV, made column by column: checking each cell would take most of an export's time."""
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place in NAMES:
            columns[place] = [names.replace(NAME_SEPARATOR, f"{SEPARATOR} ") for names in columns[place]]
        for place in DECIMALS:
            columns[place] = [number(value) for value in columns[place]]
        for place in TEXTS:
            if not FIRST.isdisjoint(map(_FIRST, filter(None, columns[place]))):
                columns[place] = [cell and defuse(cell) for cell in columns[place]]
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(zip(*columns[1:], strict=True))
        return buffer.getvalue().encode()


class CsvForExcel(Csv):
    header = BOM + Csv.header
