"""Formats whose columns a person has mapped to fields."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from books.importing.encoding import UnreadableFile
from books.importing.formats.any_table import any_table, columns_of, table_reader
from books.importing.formats.base import ColumnMap, Format, RawFields, join_names, printable
from books.metadata.record import CLEANERS


def columns_of_mapping(mapping: ColumnMap) -> dict[str, list[str]]:
    """The columns of each field, spelled as in headers; none for a field that is left out."""
    several = {field: [given] if isinstance(given, str) else given for field, given in mapping.items()}
    return {field: [name for each in given if (name := " ".join(each.split()))] for field, given in several.items()}


def mapped_format(mapping: ColumnMap, header: Sequence[str], known: Format | None = None) -> Format:
    """The format that reads each field from the columns in `mapping`; "" leaves the field out.

    If a format is given too, it reads all other fields. Raises UnreadableFile.
    """
    if unknown := next((name for name in mapping if name not in CLEANERS), None):
        raise UnreadableFile(f"There is no field “{unknown}” to map: a book has {', '.join(CLEANERS)}.")
    columns = columns_of_mapping(mapping)
    if missing := next((column for names in columns.values() for column in names if column not in header), None):
        raise UnreadableFile(f"There is no column “{missing}” to map; this file has {join_names(header)}.")
    if known:
        return _override(known, columns)
    if not {field for field, names in columns.items() if names} & {"title", "isbn13", "source_key"}:
        raise UnreadableFile("Map title too (or isbn13 or source_key): rows need one of them to find their books.")
    return any_table(header, columns)


def _override(known: Format, columns: Mapping[str, Sequence[str]]) -> Format:
    read_own = table_reader(columns)

    def read(cells: Mapping[str, Any]) -> RawFields:
        fields, dropped = known.read(cells)
        kept = {name: value for name, value in fields.items() if name not in columns}
        own, own_dropped = read_own(cells)
        return kept | own, [*(error for error in dropped if error.field not in columns), *own_dropped]

    uses = {column: field for column, field in known.uses.items() if field not in columns}
    uses |= {column: field for field, names in columns.items() for column in names}
    return Format(known.name, read, one_person_a_row=known.one_person_a_row, title=known.title, uses=uses)


def example_map(header: Sequence[str]) -> str:
    """A sample mapping for a file without a known column of titles."""
    known = columns_of(header)
    unknown = [name for name in header if name not in chain(*known.values())]
    columns = {"title": unknown or header or ["COLUMN"], "authors": known.get("authors", unknown[1:])}
    return ", ".join(f"{field}={printable(names[0])}" for field, names in columns.items() if names)
