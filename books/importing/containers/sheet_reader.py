"""Reads a spreadsheet as a process of its own, which sheet.py runs and talks to, and whose memory and time are limited.

A file of some bytes may ask for any number of cells, and the library makes all of a sheet before it gives a row.

In: the size of the file, the file, and which sheet is wanted. Out, each a line of JSON: how many sheets there are; if
there are several, the first rows of each; the rows of that one; null. Nothing of the catalogue is imported, so that
the process starts at once.
"""

import datetime
import json
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

MEMORY = 512 << 20  # bytes; a cell of a number takes 24, one of text 50 and its text
PROCESSOR = 60  # seconds
LOADING = 90  # seconds by the clock, until the first row is there
LIMITS = {
    resource.RLIMIT_AS: MEMORY,  # macOS has no such limit
    resource.RLIMIT_CPU: PROCESSOR,
    resource.RLIMIT_CORE: 0,
}
LOOKED_AT = 20  # rows


def main() -> None:
    for limit, most in LIMITS.items():
        with suppress(ValueError):  # there is a lower one already
            resource.setrlimit(limit, (most, most))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody reads on: end
    signal.alarm(LOADING)
    try:
        _answer()
    except (CalamineError, OSError, ValueError) as error:
        _send({"error": str(error)})


def _answer() -> None:
    source = sys.stdin.buffer
    book = CalamineWorkbook.from_filelike(BytesIO(source.read(int(source.readline()))))
    names = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    names = names or book.sheet_names
    _send(len(names))
    if len(names) > 1:
        for name in names:
            _send([_texts(row) for row in book.get_sheet_by_name(name).to_python(nrows=LOOKED_AT) if any(row)])
    sys.stdout.flush()
    if names:
        sheet = book.get_sheet_by_name(names[int(source.readline())])
        signal.alarm(0)
        for record in _filled(sheet) if sheet.start else ():
            _send(record)
    _send(None)


def _send(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


def _filled(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with the cells that are merged with one above: an author beside several titles is that of each."""
    begins: dict[int, list[tuple[int, int]]] = {}
    first = sheet.start[1] if sheet.start else 0  # rows are counted from 1, but columns from the first that has a cell
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top and first <= left < first + sheet.width:
            begins.setdefault(top, []).append((left - first, bottom))
    held: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(sheet.iter_rows()):
        cells = _texts(row)
        held = {column: found for column, found in held.items() if number <= found[0]}
        for column, (_, value) in held.items():
            cells[column] = cells[column] or value
        held |= {column: (bottom, cells[column]) for column, bottom in begins.get(number, ())}
        yield number + 1, cells


def _texts(row: list[Any]) -> list[str]:
    return list(map(_text, row))


def _text(cell: Any) -> str:
    """A cell as people see it: 1994 for 1994.0, a date as ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    main()
