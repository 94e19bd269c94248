"""Finds the line of a table that names its columns, and the format that has these."""

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

MOST_COLUMNS = 1000  # whose names are told apart one by one


@dataclass(frozen=True)
class Header:
    """The names of the columns, each once, and the place of the first row."""

    names: list[str]
    end: int
    after: int
    format: Format | None = None  # of a list that has no header
    score: int = 0  # the higher the more surely this is the header
    fault: str = ""


def found(first: Sequence[Row], mapping: ColumnMap, named: Format | None = None) -> Header:
    """The header of a table by its first rows, the best guess if none is surely one. Without any row: no names."""
    if not first:
        return Header([], 0, 0)
    if not mapping and named in {None, ISBNS} and _is_list_of_isbns(first):
        return Header(["isbn13"], 0, 0, ISBNS, score=1)
    best = max((_header(row, mapping, named) for row in first), key=lambda header: header.score)
    if best.score:
        return best
    return _header(first[0], mapping, named)


def _is_list_of_isbns(rows: Sequence[Row]) -> bool:
    """Whether the first is one, and nothing stands beside any. What is none further down costs its own row."""
    return not rows[0].fault and is_isbn(rows[0].cells[0]) and not any(any(row.cells[1:]) for row in rows)


def _header(row: Row, mapping: ColumnMap, named: Format | None) -> Header:
    if row.fault:
        return Header([], row.end, row.after, fault=row.fault)
    if len(row.cells) > MOST_COLUMNS:
        return Header([], row.end, row.after, fault=f"It has more than {MOST_COLUMNS:,} columns: delete some.")
    names = told_apart(row.cells)
    if mapping:
        wanted = {column for columns in columns_of_mapping(mapping).values() for column in columns}
        score = 100 if names and wanted <= {*names} else 0
        return Header(names, row.end, row.after, score=score)
    if known := named or recognised(names):
        return Header(names, row.end, row.after, score=100 if known.recognises(names) else 0)
    fields = columns_of(names)
    return Header(names, row.end, row.after, score=len(fields) if fields.keys() & {"title", "isbn13"} else 0)


def told_apart(cells: Sequence[str]) -> list[str]:
    """The names of columns without empty ones at the end; a second “title” is “title (2)”."""
    names: list[str] = []
    for cell in cells:
        name = " ".join(cell.replace("\ufeff", "").split())
        count = 1 + sum(1 for each in names if each == name or each.startswith(f"{name} ("))
        names.append(name if not name or name not in names else f"{name} ({count})")
    while names and not names[-1]:
        names.pop()
    return list(map(restore_cell, names)) if is_ours(names) else names


def is_ours(names: Sequence[str]) -> bool:
    """Whether we wrote the file: an export, or rejects. Apostrophes in the files of others are their own."""
    return "source_key" in names or tuple(names[-len(REJECT_COLUMNS) :]) == REJECT_COLUMNS


def recognised(header: Sequence[str]) -> Format | None:
    """The format that has these columns, None if we know none."""
    return next((known for known in FORMATS.values() if known.recognises(header)), None)
