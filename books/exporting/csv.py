"""CSV with a book per row, in the columns of our import."""

import re
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from books.exporting.base import ExportFormat, Row, table_columns
from books.exporting.formulas import FIRST, defuse
from books.metadata.record import COLUMNS, FIELDS

TEXTS = [place for place, field in enumerate(FIELDS) if field.schema["type"] in {"string", "array"}]
BOM = b"\xef\xbb\xbf"  # Excel needs it to recognise UTF-8
_FIRST = itemgetter(0)
_QUOTED = re.compile(r'[",\r\n]')


class Csv(ExportFormat):
    label, extension, content_type = "CSV", "csv", "text/csv; charset=utf-8"
    header = ",".join(COLUMNS).encode() + b"\n"
    is_quick = True

    def encode(self, rows: Iterable[Row]) -> bytes:
        columns = table_columns(rows)
        for place in TEXTS:
            if not FIRST.isdisjoint(map(_FIRST, filter(None, columns[place]))):
                columns[place] = [cell and defuse(cell) for cell in columns[place]]
        return table(columns)


class CsvForExcel(Csv):
    header = BOM + Csv.header


def table(columns: Iterable[Sequence[Any]]) -> bytes:
    """Rows of CSV from columns: the csv module, which looks at each character of each cell, takes twice as long."""
    return "".join(f"{','.join(row)}\n" for row in zip(*map(_cells, columns), strict=True)).encode()


def _cells(column: Sequence[Any]) -> Sequence[str]:
    if column.count("") == len(column):
        return column
    cells = column if set(map(type, column)) == {str} else ["" if cell is None else str(cell) for cell in column]
    return list(map(_quoted, cells)) if _QUOTED.search("\0".join(cells)) else cells


def _quoted(cell: str) -> str:
    return f'"{cell.replace('"', '""')}"' if _QUOTED.search(cell) else cell
