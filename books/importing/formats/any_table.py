"""Any other table, by the names of its columns, in whatever language, case and punctuation they are written."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from books.importing.column_names import field_of
from books.importing.formats.base import Format, RawFields
from books.metadata import isbn


def read_by(columns: Mapping[str, str], cells: Mapping[str, Any]) -> dict[str, Any]:
    """The raw fields whose columns these are: {field: column}."""
    raw = {field: unquoted(cells.get(column, "")) for field, column in columns.items() if column}
    return {
        field: _PARTS[field](value) if field in _PARTS and isinstance(value, str) else value
        for field, value in raw.items()
    }


def _first_isbn(cell: str) -> str:
    """Of several ISBNs in a cell the first that is one."""
    several = isbn.found_in(cell) if len(cell) > LONGEST_ISBN else []
    return several[0][1] if several else cell


LONGEST_ISBN = 20  # characters of one in any dressing
_PARTS: dict[str, Callable[[str], Any]] = {
    "isbn13": _first_isbn,
    "topics": lambda cell: re.split(r"[,;|\n]", cell),  # a topic with a comma is rare, a list with commas the rule
    "authors": lambda cell: re.split(r"[;|\n]|\s&\s", cell),
}
_FORMULA = re.compile(r'\s*="(.*)"\s*', re.DOTALL)


def unquoted(cell: Any) -> Any:
    """A cell without what makes a spreadsheet take a number for text: ="0123"."""
    return found[1] if isinstance(cell, str) and (found := _FORMULA.fullmatch(cell)) else cell


def understood(header: Sequence[str]) -> dict[str, str]:
    """{field: column}: for each field the column with its most usual name."""
    best: dict[str, tuple[int, str]] = {}
    for column in header:
        if known := field_of(column):
            field, place = known
            best[field] = min(best.get(field, (place, column)), (place, column), key=lambda pair: pair[0])
    return {field: column for field, (_, column) in best.items()}


def any_table(header: Sequence[str], mapping: Mapping[str, str] | None = None) -> Format:
    """The format in which each field stands in the column that the mapping names, or the names of the columns tell."""
    columns = understood(header) if mapping is None else {**mapping}
    uses = {column: field for field, column in columns.items() if column}

    def read(cells: Mapping[str, Any]) -> RawFields:
        return read_by(columns, cells), []

    return Format("table", read, title="A table", uses=uses, is_by_isbn="title" not in columns)
