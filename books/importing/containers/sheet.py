"""Spreadsheets: the rows of the first sheet that looks like a list of books, numbered as the program shows them.

This module loads their parser: import it where a file is read.
"""

import datetime
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import reduce
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Record
from books.importing.header import found
from books.importing.reading import LOOKED_AT, Row

MAX_UNPACKED = 1 << 30  # bytes of a spreadsheet's XML
MAX_RATIO = 200  # times its packed size; real sheets have 5 to 50
MAX_CELLS = 4_000_000  # of the rectangle between the first and the last: the reader takes 95 bytes for each
MAX_DIRECTORY = 1 << 20  # bytes of the list of an archive's files, of which a workbook has some dozen
END = 1 << 17  # bytes at the end of an archive, in which it says how large that list is
TOLD_ELSEWHERE = 0xFFFFFFFF  # instead of a size that is told in 8 bytes
CHUNK = 1 << 20  # bytes
SMALL = 1 << 20  # bytes that any archive may unpack to
_PARTS = {"[Content_Types].xml", "content.xml"}  # of a workbook, of which it has one
_TOO_MANY = f"This sheet has more than {MAX_CELLS:,} cells: save it as CSV, which is read row by row."
_DIRECTORY_SIZE = re.compile(rb"(?s)(?=PK\x05\x06.{8}(.{4})|PK\x06\x06.{36}(.{8}))")
_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
# The usual records of BIFF8 with a cell, LABELSST, RK and NUMBER: each begins with its row and column.
_OLD_CELL = re.compile(rb"(?s)(?:\xfd\x00\x0a\x00|\x7e\x02\x0a\x00|\x03\x02\x0e\x00)(..)(.)\x00")
_OLD_HEAD = 8  # bytes of them


def records(file: BinaryIO) -> Iterator[Record]:
    file.seek(0)
    is_packed = file.read(4) == b"PK\x03\x04"
    (check_size if is_packed else _check_old)(file)
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


def check_size(file: BinaryIO) -> None:
    """Raises UnreadableFile for an archive that unpacks to too much, or a sheet whose cells are too far apart.

    All of it is unpacked once, a piece at a time: what an archive says of its sizes may be wrong. The reader holds the
    rectangle between the first and the last cell, so two cells at its corners could ask for all memory.
    """
    size = 0
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            if not _PARTS & {*archive.namelist()}:
                raise UnreadableFile("This is a ZIP archive: unpack it, and import the list that is in it.")
            packed = sum(member.compress_size for member in archive.infolist())
            for member in archive.infolist():
                rows, columns = 0, (0, b"")
                with archive.open(member) as part:
                    while piece := part.read(CHUNK):
                        size += len(piece)
                        if size > MAX_UNPACKED or size > max(packed * MAX_RATIO, SMALL):
                            raise UnreadableFile(
                                "Unpacked, this spreadsheet is too large: save it as CSV, or split it."
                            )
                        for letters, number in _CELL.findall(piece):
                            rows, columns = max(rows, int(number)), max(columns, (len(letters), letters))
                if rows * reduce(lambda count, letter: count * 26 + letter - 64, columns[1], 0) > MAX_CELLS:
                    raise UnreadableFile(_TOO_MANY)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, RuntimeError) as error:
        raise UnreadableFile(f"This spreadsheet is damaged ({error}): save it again, or as CSV.") from error
    file.seek(0)


def _check_old(file: BinaryIO) -> None:
    """The same for a workbook of an old Excel (.xls), which is not packed: its rectangle is all that can be large."""
    file.seek(0)
    rows = columns = 0
    held = b""
    while piece := file.read(CHUNK):
        for row, column in _OLD_CELL.findall(held + piece):
            rows, columns = max(rows, int.from_bytes(row, "little")), max(columns, column[0])
        held = piece[-_OLD_HEAD:]
    if (rows + 1) * (columns + 1) > MAX_CELLS:
        raise UnreadableFile(_TOO_MANY)
    file.seek(0)


def _check_directory(file: BinaryIO) -> None:
    """Refuse an archive of very many files before an object is made for each."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - END))
    sizes = (size or larger for size, larger in _DIRECTORY_SIZE.findall(file.read()))
    if any(MAX_DIRECTORY < int.from_bytes(size, "little") != TOLD_ELSEWHERE for size in sizes):
        raise UnreadableFile("This archive holds too many files to be a spreadsheet.")


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
