"""Whether a spreadsheet may be given to its reader, which makes an object of each cell before it gives the first."""

import os
import re
import zipfile
import zlib
from functools import reduce
from typing import IO, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

from books.importing.containers import PACKED
from books.importing.encoding import UnreadableFile

MAX_UNPACKED = 1 << 30  # bytes of a spreadsheet's XML
MAX_RATIO = 200  # times its packed size; real sheets have 5 to 50
MAX_CELLS = 4_000_000  # of the rectangle between the first and the last: the reader takes 95 bytes for each
MAX_DIRECTORY = 1 << 20  # bytes of the list of an archive's files, of which a workbook has some dozen
END = 1 << 17  # bytes at the end of an archive, in which it says how large that list is
TOLD_ELSEWHERE = 0xFFFFFFFF  # instead of a size that is told in 8 bytes
CHUNK = 1 << 20  # bytes
SMALL = 1 << 20  # bytes that any archive may unpack to
_PARTS = {"[Content_Types].xml", "content.xml"}  # of a workbook, of which it has one
_BINARY = "xl/workbook.bin"
_DAMAGE = (zipfile.BadZipFile, zlib.error, ExpatError, EOFError, NotImplementedError, RuntimeError, ValueError)
_TOO_LARGE = "Unpacked, this spreadsheet is too large: save it as CSV, or split it."
_TOO_MANY = f"This sheet has more than {MAX_CELLS:,} cells: save it as CSV, which is read row by row."
_DIRECTORY_SIZE = re.compile(rb"(?s)(?=PK\x05\x06.{8}(.{4})|PK\x06\x06.{36}(.{8}))")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")  # of a cell
# The usual records of BIFF8 with a cell, LABELSST, RK and NUMBER: each begins with its row and column.
_OLD_CELL = re.compile(rb"(?s)(?:\xfd\x00\x0a\x00|\x7e\x02\x0a\x00|\x03\x02\x0e\x00)(..)(.)\x00")
_OLD_HEAD = 8  # bytes of them
_WITHOUT_PLACE = re.compile(rb"<(?:\w+:)?c(?=[\s/>])(?![^<>]*?\sr\s*=)")


def check_size(file: BinaryIO) -> None:
    """Raises UnreadableFile for a workbook that takes too much memory."""
    file.seek(0)
    (_check_archive if file.read(len(PACKED)) == PACKED else _check_old)(file)
    file.seek(0)


def _check_archive(file: BinaryIO) -> None:
    """Refuse an archive that unpacks to too much, or a sheet whose cells are too far apart.

    All of it is unpacked once, a piece at a time: what an archive says of its sizes may be wrong. The reader holds the
    rectangle between the first and the last cell, so two cells at its corners could ask for all memory.
    """
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            names = {*archive.namelist()}
            if not _PARTS & names:
                raise UnreadableFile("This is a ZIP archive: unpack it, and import the list that is in it.")
            if _BINARY in map(str.lower, names):
                raise UnreadableFile("This is a binary workbook (.xlsb): save it as .xlsx or CSV.")
            packed = sum(member.compress_size for member in archive.infolist())
            left = min(MAX_UNPACKED, max(packed * MAX_RATIO, SMALL))
            for member in archive.infolist():
                is_whole, unpacked = _look(archive, member, left)
                left -= unpacked
                if not is_whole or member.filename == "content.xml":
                    with archive.open(member) as part:
                        Extent(part).check()
    except _DAMAGE as error:
        raise UnreadableFile(f"This spreadsheet is damaged ({error}): save it again, or as CSV.") from error


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


def _look(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> tuple[bool, int]:
    """Whether each cell of this part says where it is, and the bytes of the part. Raises UnreadableFile."""
    rows, columns, size, rest = 0, (0, b""), 0, b""
    is_sheet, is_whole = False, True
    with archive.open(member) as part:
        while piece := part.read(CHUNK):
            size += len(piece)
            tags, end, rest = (rest + piece).rpartition(b">")
            tags += end
            is_sheet = is_sheet or b"sheetData" in tags or b"sheetData" in rest
            if size > most or (is_sheet and len(rest) > CHUNK):
                raise UnreadableFile(_TOO_LARGE)
            rest = rest[-CHUNK:]  # of a picture, say
            is_whole = is_whole and not (is_sheet and _WITHOUT_PLACE.search(tags))
            for letters, number in _PLACE.findall(tags):
                rows, columns = max(rows, int(number)), max(columns, (len(letters), letters.upper()))
    if rows * _column(columns[1].decode()) > MAX_CELLS:
        raise UnreadableFile(_TOO_MANY)
    return is_whole, size


def _column(letters: str) -> int:
    return reduce(lambda count, letter: count * 26 + ord(letter.upper()) - 64, letters, 0)


class Extent:
    """What the reader would make of a part's XML: cells that do not say where they are follow one another, and those
    of OpenDocument that are repeated are copied, with their text."""

    def __init__(self, part: IO[bytes]) -> None:
        self.part = part
        self.cells = self.size = 0  # of the tables before, and the bytes of all texts
        self.row = self.rows = self.column = self.columns = 0
        self.row_repeats = self.repeats = 1
        self.text = 0  # characters of this cell

    def check(self) -> None:
        """Raises UnreadableFile, ExpatError, ValueError."""
        parser = ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.CharacterDataHandler = self._read
        parser.ParseFile(self.part)
        self._end_table()
        if self.cells > MAX_CELLS:
            raise UnreadableFile(_TOO_MANY)
        if self.size > MAX_UNPACKED:
            raise UnreadableFile(_TOO_LARGE)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self.row, self.column = int(attributes.get("r", self.row + 1)), 0
            case "c":
                letters = attributes.get("r", "").rstrip("0123456789")
                self.column = _column(letters) if letters else self.column + 1
                self.row = int(attributes["r"][len(letters) :]) if letters else self.row
                self._fill()
            case "table":
                self._end_table()
            case "table-row":
                self.row_repeats, self.column = int(attributes.get("table:number-rows-repeated", 1)), 0
                self.row += self.row_repeats
            case "table-cell" | "covered-table-cell":
                repeats = int(attributes.get("table:number-columns-repeated", 1))
                self.column += repeats
                self.text, self.repeats = sum(map(len, attributes.values())), 0
                if any(key.startswith("office:") or key == "table:formula" for key in attributes):
                    self.repeats = repeats  # of an empty cell nothing is copied
                    self._fill()
            case "s":
                self.text += int(attributes.get("text:c", 1))

    def _end(self, name: str) -> None:
        if name.endswith("table-cell"):
            self.size += self.text * self.repeats * self.row_repeats

    def _read(self, text: str) -> None:
        self.text += len(text)

    def _fill(self) -> None:
        self.rows, self.columns = max(self.rows, self.row), max(self.columns, self.column)

    def _end_table(self) -> None:
        self.cells += self.rows * self.columns
        self.row = self.rows = self.column = self.columns = 0


def _check_directory(file: BinaryIO) -> None:
    """Refuse an archive of very many files before an object is made for each."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - END))
    sizes = (size or larger for size, larger in _DIRECTORY_SIZE.findall(file.read()))
    if any(MAX_DIRECTORY < int.from_bytes(size, "little") != TOLD_ELSEWHERE for size in sizes):
        raise UnreadableFile("This archive holds too many files to be a spreadsheet.")
