"""Finds the header of a table, and the format with these columns.

A table without a header gets the names `Column 1`, `Column 2`, …, and so does a column without a name that has cells.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from books.exporting.formulas import restore_cell
from books.importing.formats import FORMATS
from books.importing.formats.any_table import columns_of
from books.importing.formats.base import ColumnMap, Format
from books.importing.formats.mapped import columns_of_mapping
from books.importing.formats.own import ISBNS, NAMELESS, split_isbns, strip_comment
from books.importing.formats.values import is_isbn
from books.importing.reading import Row
from books.importing.results import REJECT_COLUMNS
from books.metadata import isbn

CERTAIN = 100
MOST_COLUMNS = 1000  # finding duplicate names takes quadratic time
_NAMELESS = re.compile(r"Column [1-9]\d*")


@dataclass(frozen=True)
class Header:
    """The names of the columns, made unique, and where the rows begin."""

    names: list[str]
    end: int
    after: int
    cells: Sequence[str] = ()  # of the row
    format: Format | None = None  # the one with these columns
    score: int = 0  # how likely this is the header, up to CERTAIN
    fault: str = ""


NO_HEADER = Header([], 0, 0)


def find_header(first: Sequence[Row], mapping: ColumnMap, named: Format | None = None) -> Header:
    """The header among the first rows of a table, or the best guess. No names if there are no rows."""
    texts = [text for row in first if not row.fault and (text := strip_comment("\t".join(row.cells)))]
    if not mapping and named in {None, ISBNS} and texts and all(map(is_isbn, split_isbns(texts[0]))):
        return Header(["isbn13"], 0, 0, format=ISBNS, score=1)
    found = []
    for place, row in enumerate(first):
        found.append(_header(row, first[place + 1 :], mapping, named))
        if found[-1].score == CERTAIN:
            break
    best = max(found, key=lambda header: header.score, default=NO_HEADER)
    wanted = {column for columns in columns_of_mapping(mapping).values() for column in columns}
    if named is NAMELESS or (not best.score and texts and _is_nameless(texts[0], wanted)):
        width = max(len(row.cells) for row in first)
        names = [f"Column {place}" for place in range(1, width + 1)]
        return Header(names, 0, 0, format=None if mapping else NAMELESS)
    return best


def _is_nameless(text: str, wanted: set[str]) -> bool:
    """Whether the first row is a book: it holds an ISBN, or the columns are called by their places."""
    return all(map(_NAMELESS.fullmatch, wanted)) if wanted else bool(isbn.find_all(text))


def _header(row: Row, below: Sequence[Row], mapping: ColumnMap, named: Format | None) -> Header:
    if row.fault:
        return Header([], row.end, row.after, fault=row.fault)
    if len(row.cells) > MOST_COLUMNS:
        return Header([], row.end, row.after, fault=f"It has more than {MOST_COLUMNS:,} columns: delete some.")
    written = unique_names(row.cells)
    names = _with_nameless(written, row.cells, below)
    if mapping:
        wanted = {column for columns in columns_of_mapping(mapping).values() for column in columns}
        score = CERTAIN if names and wanted <= {*names} else 0
        return Header(names, row.end, row.after, row.cells, score=score)
    if known := named or format_with_columns(written):
        score = CERTAIN if known.recognises(written) else 0
        return Header(names, row.end, row.after, row.cells, known, score)
    fields = columns_of(names)
    score = len(fields) if fields.keys() & {"title", "isbn13"} and not any(map(isbn.is_canonical, row.cells)) else 0
    return Header(names, row.end, row.after, row.cells, score=score)


def _with_nameless(names: list[str], cells: Sequence[str], below: Sequence[Row]) -> list[str]:
    """The names of a header with one for each column that has none, if there is something in it."""
    if len(names) == len(cells) and all(names):
        return names
    held = {place for row in below for place, cell in enumerate(row.cells[: len(cells)]) if cell.strip()}
    padded = [*names, *[""] * (len(cells) - len(names))]
    found = [name or f"Column {place + 1}" * (place in held) for place, name in enumerate(padded)]
    return found[: max((place + 1 for place, name in enumerate(found) if name), default=0)]


def unique_names(cells: Sequence[str]) -> list[str]:
    """The names of the columns without empty ones at the end; a second “title” becomes “title (2)”."""
    names: list[str] = []
    for cell in cells:
        name = " ".join(cell.replace("\ufeff", "").split())
        count = 1 + sum(1 for each in names if each == name or each.startswith(f"{name} ("))
        names.append(name if not name or name not in names else f"{name} ({count})")
    while names and not names[-1]:
        names.pop()
    return list(map(restore_cell, names)) if is_ours(names) else names


def is_ours(names: Sequence[str]) -> bool:
    """Whether the file is our own export or list of rejects. In other files apostrophes are part of the cells."""
    return "source_key" in names or tuple(names[-len(REJECT_COLUMNS) :]) == REJECT_COLUMNS


def format_with_columns(header: Sequence[str]) -> Format | None:
    """The known format with these columns, or None."""
    return next((known for known in FORMATS.values() if known.recognises(header)), None)
