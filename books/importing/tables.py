"""Recognises the format and columns of a file, and reads its rows from any place on."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from books.exporting.formulas import restore_cell
from books.importing.encoding import UnreadableFile
from books.importing.formats import FORMATS
from books.importing.formats.any_table import any_table, columns_of
from books.importing.formats.base import ColumnMap, Format, listed
from books.importing.formats.mapped import example_map, mapped
from books.importing.formats.own import JSON_LINES, NAMES
from books.importing.header import Header, found, is_ours, recognised
from books.importing.reading import LOOKED_AT, MAX_LINE, Line, Row, csv_records, csv_rows, json_rows, lines, record_rows
from books.importing.source import Source

DELIMITERS = ",;\t|"
OBJECTS = ["json"]  # the column of rejected objects
LINES = 10_000  # among which the header and the first rows are looked for


@dataclass(frozen=True)
class Table:
    """A file of books whose rows begin at the byte `start`, after `before` lines."""

    file: BinaryIO
    format: Format
    header: list[str]  # its columns; of objects OBJECTS
    names: list[str]  # the columns, of objects the names in the first of them
    delimiter: str  # "" if it holds no text to be split
    start: int
    before: int
    size: int
    encoding: str = ""
    records: Iterator[Row] | None = None  # of a container, all of them: they can be read once

    @property
    def unused(self) -> list[str]:
        return self.format.unused(self.names)

    def rows(self, start: int, before: int) -> Iterator[Row]:
        """The rows from a place on that is the end of another row, or the table's own start."""
        if self.records is None:
            self.file.seek(start)
            records = _records(lines(self.file, before), self.delimiter)
        else:
            records = islice(self.records, before, None)
        if self.header is OBJECTS:
            return records
        if is_ours(self.header):
            records = (
                row._replace(cells=list(map(restore_cell, row.cells))) if _has_mark(row) else row for row in records
            )
        return csv_rows(records, self.header, self.delimiter or ",")


def _has_mark(row: Row) -> bool:
    """Whether a cell may begin with an apostrophe: told at once for all of them."""
    return "\n'" in "\n".join(("", *row.cells))


def _records(source: Iterator[Line], delimiter: str) -> Iterator[Row]:
    return csv_records(source, delimiter) if delimiter else json_rows(source)


def opened(source: Source, mapping: ColumnMap, format_name: str = "", *, is_strict: bool = True) -> Table:
    """The table in a source. Raises UnreadableFile; if it is not strict, columns may say nothing."""
    file = source.file
    start = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(start)
    named = FORMATS[format_name] if format_name else source.format
    records = None
    if source.container:
        every = record_rows(source.records, file)
        first = {"": list(islice(every, LOOKED_AT))}
        if not first[""]:
            raise UnreadableFile(f"There are no records in this file ({source.container.title}).")
        records = chain(first[""], every)
        is_objects = bool(first[""][0].fields)
    else:
        line = _first_line(file)
        is_objects = named is JSON_LINES or (line.startswith("{") and named is None)
        first = {each: _first(file, start, each) for each in ([""] if is_objects else DELIMITERS)}
    if is_objects:
        names = list(dict.fromkeys(name for row in first[""] for name in row.fields))
        known = _of_objects(names, mapping, named, is_strict=is_strict)
        return Table(file, known, OBJECTS, names, "", start, 0, size, source.encoding, records)
    heads = {delimiter: found(rows, mapping, named) for delimiter, rows in first.items()}
    delimiter = max(heads, key=lambda each: (heads[each].score, len(heads[each].names)))
    head = heads[delimiter]
    known = _of_columns(head, mapping, named, is_strict=is_strict)
    place = head.end or start
    return Table(file, known, head.names, head.names, delimiter, place, head.after, size, source.encoding, records)


def _first(file: BinaryIO, start: int, delimiter: str) -> list[Row]:
    file.seek(start)
    return list(islice(_records(islice(lines(file), LINES), delimiter), LOOKED_AT))


def _first_line(file: BinaryIO) -> str:
    line = next((line for line in islice(lines(file), LINES) if not line.whole or line.text.strip()), None)
    if line is None:
        raise UnreadableFile("The file begins with nothing but blank lines.")
    if not line.whole:
        raise UnreadableFile(f"The first line is longer than {MAX_LINE >> 20} MiB: this is no CSV and no JSON Lines.")
    return line.text.strip()


def _of_objects(names: Sequence[str], mapping: ColumnMap, named: Format | None, *, is_strict: bool) -> Format:
    if not mapping and not named and not recognised(names) and {*names} <= NAMES:
        return JSON_LINES
    return _of_names(names, mapping, named, is_strict=is_strict)


def _of_columns(head: Header, mapping: ColumnMap, named: Format | None, *, is_strict: bool) -> Format:
    if head.fault:
        raise UnreadableFile(f"The header in line {head.after} cannot be read: {head.fault}")
    if named and not mapping and (missing := sorted(named.columns - {*head.names})):
        raise UnreadableFile(
            f"This is not {named.name}: it has no column {listed(missing)}; it has {listed(head.names)}."
        )
    known = head.format or _of_names(head.names, mapping, named, is_strict=is_strict)
    twice = [found[1] for name in head.names if (found := re.fullmatch(r"(.*) \(\d+\)", name))]
    used = [name for name in twice if name in known.read_columns()]
    if used and is_strict and not mapping:
        raise UnreadableFile(f"There are two columns {listed(used)}: delete or rename one.")
    return known


def _of_names(names: Sequence[str], mapping: ColumnMap, named: Format | None, *, is_strict: bool) -> Format:
    if mapping:
        return mapped(mapping, names, named)
    if known := named or recognised(names):
        return known
    if not is_strict or columns_of(names).keys() & {"title", "isbn13"}:
        return any_table(names)
    raise UnreadableFile(
        f"We know no format with these columns: {listed(names)}. "
        f"Say which of them hold what, such as: {example_map(names)}"
    )
