"""Recognises the format and columns of a file, and reads its rows from any row on."""

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
from books.importing.formats.base import ColumnMap, Format, join_names
from books.importing.formats.mapped import example_map, mapped_format
from books.importing.formats.own import ISBNS, JSON_LINES, NAMELESS, NAMES, split_isbns, strip_comment
from books.importing.header import CERTAIN, Header, find_header, format_with_columns, is_ours
from books.importing.reading import (
    LOOKED_AT,
    MAX_LINE,
    Line,
    Row,
    csv_records,
    csv_rows,
    json_rows,
    lines,
    record_rows,
    unwrapped,
)
from books.importing.source import Source

DELIMITERS = ",;\t|"
OBJECTS = ["json"]  # the column of rejected objects
LINES = 10_000  # searched for the header and the first rows


@dataclass(frozen=True)
class Table:
    """A file of books whose rows begin at the byte `start`, after `before` lines."""

    file: BinaryIO
    format: Format
    header: list[str]  # the columns; OBJECTS for JSON objects
    names: list[str]  # the columns; for objects the names in the first ones
    delimiter: str  # "" if the rows are not text with a delimiter
    start: int
    before: int
    size: int
    encoding: str = ""
    records: Iterator[Row] | None = None  # all rows of a container, readable once
    is_wrapped: bool = False  # each line is a single cell

    @property
    def unused(self) -> list[str]:
        return self.format.unused(self.names)

    def rows(self, start: int, before: int) -> Iterator[Row]:
        """The rows from a place on, which is the end of a row or the start of the table."""
        if self.records is None:
            self.file.seek(start)
            records = _records(lines(self.file, before), self.delimiter)
        else:
            records = islice(self.records, before, None)
        if self.is_wrapped:
            records = unwrapped(records, self.delimiter)
        if self.header is OBJECTS:
            return records
        if self.format is ISBNS:
            return isbn_rows(records, start, before)
        if is_ours(self.header):
            records = (  # one search is faster than one in each cell
                row._replace(cells=[*map(restore_cell, row.cells)]) if "\n'" in "\n".join(("", *row.cells)) else row
                for row in records
            )
        return csv_rows(records, self.header, self.delimiter or ",")


def isbn_rows(records: Iterator[Row], end: int, after: int) -> Iterator[Row]:
    """A row for each ISBN in a list of them, whose lines may hold several. What else stands there is a row of its own.

    Only the last row of a line ends where the line does: an import that is resumed reads the whole line again.
    """
    for record in records:
        if record.fault:
            yield record
        elif text := strip_comment("\t".join(record.cells)):
            *several, last = split_isbns(text)
            yield from (Row(record.line, end, after, [each], {"isbn13": each}) for each in several)
            yield Row(record.line, record.end, record.after, [last], {"isbn13": last})
        end, after = record.end, record.after


def _records(source: Iterator[Line], delimiter: str) -> Iterator[Row]:
    return csv_records(source, delimiter) if delimiter else json_rows(source)


def opened(source: Source, mapping: ColumnMap, format_name: str = "", *, is_strict: bool = True) -> Table:
    """The table in a source. Raises UnreadableFile; unless strict, unknown columns are allowed."""
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
        known = _having_seen(_format_of_objects(names, mapping, named, is_strict=is_strict), first[""])
        return Table(file, known, OBJECTS, names, "", start, 0, size, source.encoding, records)
    heads = {}
    for delimiter, rows in first.items():
        heads[delimiter] = find_header(rows, mapping, named)
        if heads[delimiter].score == CERTAIN and not mapping:
            break
    is_wrapped = not mapping and not records and not any(head.score for head in heads.values())
    if is_wrapped:
        inner = {each: find_header([*unwrapped(iter(rows), each)], mapping, named) for each, rows in first.items()}
        is_wrapped = any(head.score for head in inner.values())
        heads = inner if is_wrapped else heads
    delimiter = max(heads, key=lambda each: (heads[each].score, len(heads[each].names)))
    head = heads[delimiter]
    seen = unwrapped(iter(first[delimiter]), delimiter) if is_wrapped else first[delimiter]
    below = csv_rows((row for row in seen if row.end > head.end), head.names, delimiter or ",")
    known = _having_seen(_format_of_columns(head, mapping, named, is_strict=is_strict), list(below))
    place = head.end or start
    return Table(
        file, known, head.names, head.names, delimiter, place, head.after, size, source.encoding, records, is_wrapped
    )


def _having_seen(known: Format, first: Sequence[Row]) -> Format:
    return known.having_seen([row.fields for row in first if row.fields]) if known.having_seen else known


def _first(file: BinaryIO, start: int, delimiter: str) -> list[Row]:
    file.seek(start)
    return list(islice(_records(islice(lines(file), LINES), delimiter), LOOKED_AT))


def _first_line(file: BinaryIO) -> str:
    line = next((line for line in islice(lines(file), LINES) if not line.whole or line.text.strip()), None)
    if line is None:
        raise UnreadableFile("The file begins with nothing but blank lines.")
    if not line.whole:
        raise UnreadableFile(f"The first line is longer than {MAX_LINE >> 20} MiB: this is neither CSV nor JSON Lines.")
    return line.text.strip()


def _format_of_objects(names: Sequence[str], mapping: ColumnMap, named: Format | None, *, is_strict: bool) -> Format:
    if not mapping and not named and not format_with_columns(names) and {*names} <= NAMES:
        return JSON_LINES
    return _format_of_names(names, mapping, named, is_strict=is_strict)


def _format_of_columns(head: Header, mapping: ColumnMap, named: Format | None, *, is_strict: bool) -> Format:
    if head.fault:
        raise UnreadableFile(f"The header in line {head.after} cannot be read: {head.fault}")
    if named and not mapping and (missing := sorted(named.columns - {*head.names})):
        raise UnreadableFile(
            f"This is not {named.name}: it has no column {join_names(missing)}; it has {join_names(head.names)}."
        )
    known = head.format or _format_of_names(head.names, mapping, named, is_strict=is_strict)
    if known is NAMELESS and is_strict:
        raise UnreadableFile("This table has no names of columns. Map them by their places, such as title=Column 1.")
    twice = [found[1] for name in head.names if (found := re.fullmatch(r"(.*) \(\d+\)", name))]
    used = [name for name in twice if name in known.columns or (name in known.uses and f"{name} (2)" not in known.uses)]
    if used and is_strict and not mapping:
        raise UnreadableFile(f"There are two columns {join_names(used)}: delete or rename one.")
    return known


def _format_of_names(names: Sequence[str], mapping: ColumnMap, named: Format | None, *, is_strict: bool) -> Format:
    if mapping:
        return mapped_format(mapping, names, named)
    if known := named or format_with_columns(names):
        return known
    if not is_strict or columns_of(names).keys() & {"title", "isbn13"}:
        return any_table(names)
    raise UnreadableFile(
        f"No known format has these columns: {join_names(names)}. Map them to fields, for example: {example_map(names)}"
    )
