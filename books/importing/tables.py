"""A file that has been recognised: its format, its columns, and its rows from any place on."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from books.importing import formats
from books.importing.encoding import UnreadableFile
from books.importing.formats import JSON_LINES, Format
from books.importing.lines import MAX_LINE, lines
from books.importing.reading import Row, csv_records, csv_rows, json_rows
from books.metadata.record import CLEANERS

DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Table:
    """A file of books in UTF-8 whose rows begin at the byte `start`, after `before` lines."""

    file: BinaryIO
    format: Format
    header: list[str]
    delimiter: str
    start: int
    before: int
    size: int

    def rows(self, start: int, before: int) -> Iterator[Row]:
        """The rows from a place on that is the end of another row, or the table's own start."""
        self.file.seek(start)
        source = lines(self.file, before)
        if self.format is JSON_LINES:
            return json_rows(source)
        return csv_rows(csv_records(source, self.delimiter), self.header, self.delimiter)


def opened(file: BinaryIO, mapping: Mapping[str, str], format_name: str = "") -> Table:
    """The table in a file of UTF-8 that stands at its first character. Raises UnreadableFile."""
    start = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(start)
    first = _first_line(file)
    if format_name == JSON_LINES.name or (first.startswith("{") and not format_name):
        if mapping:
            raise UnreadableFile("Only columns of CSV can be mapped; JSON Lines call their fields by name.")
        return Table(file, JSON_LINES, ["json"], "", start, 0, size)
    if first.startswith("["):
        raise UnreadableFile("This is a JSON array: write each book as an object in a line of its own (JSON Lines).")
    heads = {delimiter: _head(file, start, delimiter) for delimiter in DELIMITERS}
    known = (delimiter for delimiter, head in heads.items() if formats.recognised(head.cells))
    delimiter = next(known, max(heads, key=lambda delimiter: len(heads[delimiter].cells)))
    head = heads[delimiter]
    found = _format(head, mapping, format_name)
    return Table(file, found, head.cells, delimiter, head.end, head.after, size)


def _first_line(file: BinaryIO) -> str:
    line = next((line for line in lines(file) if not line.whole or line.text.strip()), None)
    if line is None:
        raise UnreadableFile("The file holds nothing but blank lines.")
    if "\0" in line.text:
        raise UnreadableFile("This is no text, or UTF-16 without its mark: save the list as CSV in UTF-8.")
    if not line.whole:
        raise UnreadableFile(f"The first line is longer than {MAX_LINE >> 20} MiB: this is no CSV and no JSON Lines.")
    return line.text.strip()


def _head(file: BinaryIO, start: int, delimiter: str) -> Row:
    file.seek(start)
    row = next(csv_records(lines(file), delimiter))
    return row._replace(cells=[] if row.fault else [name.strip() for name in row.cells])


def _format(head: Row, mapping: Mapping[str, str], format_name: str) -> Format:
    if head.fault:
        raise UnreadableFile(f"The header in line {head.line} cannot be read: {head.fault}")
    if mapping:
        return formats.mapped(mapping, head.cells)
    found = formats.named(format_name, head.cells) if format_name else formats.recognised(head.cells)
    if not found:
        raise formats.unknown(head.cells)
    if twice := [name for name in formats.doubled(head.cells) if name in (found.columns or CLEANERS)]:
        raise UnreadableFile(f"There are two columns {formats.listed(twice)}: delete or rename one.")
    return found
