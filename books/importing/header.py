"""Finds the header of a table, and the format with these columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from books.exporting.formulas import restore_cell
from books.importing.formats import FORMATS
from books.importing.formats.any_table import columns_of
from books.importing.formats.base import ColumnMap, Format
from books.importing.formats.mapped import columns_of_mapping
from books.importing.formats.own import ISBNS
from books.importing.formats.values import is_isbn
from books.importing.reading import Row
from books.importing.results import REJECT_COLUMNS

CERTAIN = 100
MOST_COLUMNS = 1000  # finding duplicate names takes quadratic time


@dataclass(frozen=True)
class Header:
    """The names of the columns, made unique, and where the rows begin."""

    names: list[str]
    end: int
    after: int
    format: Format | None = None  # of a list without a header
    score: int = 0  # how likely this is the header, up to CERTAIN
    fault: str = ""


def find_header(first: Sequence[Row], mapping: ColumnMap, named: Format | None = None) -> Header:
    """The header among the first rows of a table, or the best guess. No names if there are no rows."""
    if not first:
        return Header([], 0, 0)
    if not mapping and named in {None, ISBNS} and _is_list_of_isbns(first):
        return Header(["isbn13"], 0, 0, ISBNS, score=1)
    found = []
    for row in first:
        found.append(_header(row, mapping, named))
        if found[-1].score == CERTAIN:
            break
    return max(found, key=lambda header: header.score)


def _is_list_of_isbns(rows: Sequence[Row]) -> bool:
    """Whether the first row is an ISBN and there is only one column. Later rows may still be rejected."""
    return not rows[0].fault and is_isbn(rows[0].cells[0]) and not any(any(row.cells[1:]) for row in rows)


def _header(row: Row, mapping: ColumnMap, named: Format | None) -> Header:
    if row.fault:
        return Header([], row.end, row.after, fault=row.fault)
    if len(row.cells) > MOST_COLUMNS:
        return Header([], row.end, row.after, fault=f"It has more than {MOST_COLUMNS:,} columns: delete some.")
    names = unique_names(row.cells)
    if mapping:
        wanted = {column for columns in columns_of_mapping(mapping).values() for column in columns}
        score = CERTAIN if names and wanted <= {*names} else 0
        return Header(names, row.end, row.after, score=score)
    if known := named or format_with_columns(names):
        return Header(names, row.end, row.after, score=CERTAIN if known.recognises(names) else 0)
    fields = columns_of(names)
    return Header(names, row.end, row.after, score=len(fields) if fields.keys() & {"title", "isbn13"} else 0)


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
