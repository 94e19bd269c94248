"""Spreadsheets: the rows of the first sheet that looks like a list of books, numbered as the program shows them.

This module loads their parser: import it where a file is read.
"""

import datetime
from collections.abc import Iterator
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from books.importing.containers.sheet_size import check_size
from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Record
from books.importing.header import found
from books.importing.reading import LOOKED_AT, Row


def records(file: BinaryIO) -> Iterator[Record]:
    check_size(file)
    try:
        book = CalamineWorkbook.from_filelike(file)
        names = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
        names = names or book.sheet_names
        several = len(names) > 1  # each look at a sheet reads all of it
        best = max(names, key=lambda name: _score(book.get_sheet_by_name(name)) if several else 0, default=None)
        sheet = book.get_sheet_by_name(best) if best else None
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableFile(f"This spreadsheet cannot be read ({error}): save it again, or as CSV.") from error
    if sheet is not None and sheet.start is not None:
        yield from _filled(sheet)


def _filled(sheet: CalamineSheet) -> Iterator[Record]:
    """The rows, each with the cells that are merged with one above: an author beside several titles is that of each."""
    begins: dict[int, list[tuple[int, int]]] = {}
    first = sheet.start[1] if sheet.start else 0  # rows are counted from 1, but columns from the first that has a cell
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top and first <= left < first + sheet.width:
            begins.setdefault(top, []).append((left - first, bottom))
    held: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(sheet.iter_rows()):
        cells = list(map(text, row))
        held = {column: found for column, found in held.items() if number <= found[0]}
        for column, (_, value) in held.items():
            cells[column] = cells[column] or value
        held |= {column: (bottom, cells[column]) for column, bottom in begins.get(number, ())}
        yield number + 1, cells


def _score(sheet: CalamineSheet) -> int:
    """How surely this is a list of books."""
    first = [Row(0, 0, 0, [text(cell) for cell in row]) for row in sheet.to_python(nrows=LOOKED_AT) if any(row)]
    return found(first, {}).score


def text(cell: Any) -> str:
    """A cell as people see it: 1994 for 1994.0, a date as ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
