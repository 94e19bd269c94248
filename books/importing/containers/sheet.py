"""Spreadsheets: the rows of the first sheet that looks like a list of books, numbered as the program shows them."""

import datetime
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Container, Record
from books.importing.header import LOOKED_AT, found
from books.importing.reading import Row

MAX_UNPACKED = 1 << 30  # bytes of a spreadsheet's XML
MAX_RATIO = 200  # times its packed size; real sheets have 5 to 50
SMALL = 1 << 20  # bytes that any archive may unpack to
_PACKED = b"PK\x03\x04"


def records(file: BinaryIO) -> Iterator[Record]:
    check_size(file)
    try:
        book = CalamineWorkbook.from_filelike(file)
        names = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
        best = max(names or book.sheet_names, key=lambda name: _score(book.get_sheet_by_name(name)), default=None)
        sheet = book.get_sheet_by_name(best) if best else None
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableFile(f"This spreadsheet cannot be read ({error}): save it again, or as CSV.") from error
    if sheet is not None and sheet.start is not None:
        for number, row in enumerate(sheet.iter_rows(), sheet.start[0] + 1):
            yield number, [text(cell) for cell in row]


def check_size(file: BinaryIO) -> None:
    """Raises UnreadableFile if the archive would unpack to more than is good. Its own word is kept by zipfile."""
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
            packed = sum(member.compress_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise UnreadableFile(f"This spreadsheet is damaged ({error}): save it again, or as CSV.") from error
    if size > MAX_UNPACKED or size > max(packed * MAX_RATIO, SMALL):
        raise UnreadableFile(f"Unpacked, this spreadsheet would have {size:,} bytes: save it as CSV, or split it.")
    file.seek(0)


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


CONTAINER = Container("a spreadsheet", lambda beginning: beginning.startswith(_PACKED), records)
