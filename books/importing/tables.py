"""Recognises the format and columns of a file, and reads its rows from any place on."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from books.exporting.formulas import restored
from books.importing.encoding import UnreadableFile
from books.importing.formats import CSV_FORMATS, FORMATS, json_lines
from books.importing.formats.base import Format, doubled, listed
from books.importing.formats.mapped import example_map, mapped
from books.importing.reading import MAX_LINE, Row, csv_records, csv_rows, json_rows, lines
from books.importing.results import REJECT_COLUMNS

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
        if self.format is json_lines.FORMAT:
            return json_rows(source)
        records = csv_records(source, self.delimiter)
        if _is_ours(self.header):
            records = (row._replace(cells=list(map(restored, row.cells))) for row in records)
        return csv_rows(records, self.header, self.delimiter)


def opened(file: BinaryIO, mapping: Mapping[str, str], format_name: str = "") -> Table:
    """The table in a file of UTF-8 that stands at its first character. Raises UnreadableFile."""
    start = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(start)
    first = _first_line(file)
    if format_name == json_lines.FORMAT.name or (first.startswith("{") and not format_name):
        if mapping:
            raise UnreadableFile("Only columns of CSV can be mapped; JSON Lines call their fields by name.")
        return Table(file, json_lines.FORMAT, ["json"], "", start, 0, size)
    if first.startswith("["):
        raise UnreadableFile("This is a JSON array: write each book as an object in a line of its own (JSON Lines).")
    heads = {delimiter: _head(file, start, delimiter) for delimiter in DELIMITERS}
    known = (delimiter for delimiter, head in heads.items() if recognised(head.cells))
    delimiter = next(known, max(heads, key=lambda delimiter: len(heads[delimiter].cells)))
    head = heads[delimiter]
    found = _format(head, mapping, format_name)
    return Table(file, found, head.cells, delimiter, head.end, head.after, size)


def recognised(header: Sequence[str]) -> Format | None:
    """The format that has these columns, None if we know none."""
    return next((known for known in CSV_FORMATS if known.recognises(header)), None)


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
    header = [] if row.fault else [name.strip() for name in row.cells]
    return row._replace(cells=list(map(restored, header)) if _is_ours(header) else header)


def _is_ours(header: Sequence[str]) -> bool:
    """Whether we wrote the file: an export, or rejects. Apostrophes in the files of others are their own."""
    return "source_key" in header or tuple(header[-len(REJECT_COLUMNS) :]) == REJECT_COLUMNS


def _format(head: Row, mapping: Mapping[str, str], format_name: str) -> Format:
    if head.fault:
        raise UnreadableFile(f"The header in line {head.line} cannot be read: {head.fault}")
    if mapping:
        return mapped(mapping, head.cells)
    found = _named(format_name, head.cells) if format_name else recognised(head.cells)
    if not found:
        raise UnreadableFile(
            f"We know no format with these columns: {listed(head.cells)}. "
            f"Say which of them hold what, such as: {example_map(head.cells)}"
        )
    if twice := [name for name in doubled(head.cells) if name in found.read_columns()]:
        raise UnreadableFile(f"There are two columns {listed(twice)}: delete or rename one.")
    return found


def _named(name: str, header: Sequence[str]) -> Format:
    found = FORMATS[name]
    if missing := sorted(found.columns - set(header)):
        raise UnreadableFile(f"This is not {name}: it has no column {listed(missing)}; it has {listed(header)}.")
    return found
