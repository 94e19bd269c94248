"""Reads a spreadsheet in a separate process with limited memory and time, which sheet.py runs and talks to.

A file of a few bytes can define any number of cells, and the library builds a whole sheet before it returns a row.

Input: the size of the file, the file, and [the numbers of the wanted sheets, their header]. Output, as lines of JSON:
the names of the sheets; if there are several, the first rows of each; the rows of the wanted ones; null. Of the second
wanted sheet and later ones, only the rows below the header are sent. This imports nothing from the catalogue, so that
the process starts fast.
"""

import datetime
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from itertools import dropwhile, islice
from select import poll
from threading import Thread
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEMORY = 592 << 20  # bytes of addresses, of which the thread takes 80; a number takes 24, text 50 and its length
PROCESSOR = 60  # seconds
LOADING = 90  # seconds of wall-clock time until the first row
LIMITS = {
    resource.RLIMIT_AS: MEMORY,  # macOS has no such limit
    resource.RLIMIT_CPU: PROCESSOR,
    resource.RLIMIT_CORE: 0,
}
LOOKED_AT = 20  # rows


def main() -> None:
    for limit, most in LIMITS.items():
        with suppress(ValueError):  # the limit is already lower
            resource.setrlimit(limit, (most, most))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # end when nobody reads on
    signal.alarm(LOADING)
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        _serve()
    except (CalamineError, OSError, ValueError) as error:
        _send({"error": str(error)})


def _end_with_parent() -> None:
    """It may be killed while the library loads a sheet, which neither reads nor writes."""
    waiting = poll()
    waiting.register(sys.stdin, 0)  # not for data: only its end is told
    waiting.poll()
    os._exit(1)


def _serve() -> None:
    source = sys.stdin.buffer
    book = CalamineWorkbook.from_filelike(BytesIO(source.read(int(source.readline()))))
    sheets = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]  # not charts
    names = [each.name for each in sheets if each.visible == SheetVisibleEnum.Visible]
    names = names or [each.name for each in sheets]
    _send(names)
    if len(names) > 1:
        for name in names:
            _send([_texts(row) for row in book.get_sheet_by_name(name).to_python(nrows=LOOKED_AT) if any(row)])
    sys.stdout.flush()
    wanted, header = json.loads(source.readline())
    for place, number in enumerate(wanted):
        sheet = book.get_sheet_by_name(names[number])
        signal.alarm(0)
        rows = _rows(sheet) if sheet.start else iter(())
        for record in islice(dropwhile(lambda row: row[1] != header, rows), 1, None) if place else rows:
            _send(record)
    _send(None)


def _send(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """The rows, with merged cells repeated in each row: an author beside several titles is the author of each."""
    begins: dict[int, list[tuple[int, int]]] = {}
    first = sheet.start[1] if sheet.start else 0  # rows start at the top, but columns at the first with a cell
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
    """A cell as people see it: 1994 for 1994.0, dates in ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    main()
