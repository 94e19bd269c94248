"""Formats that are read field by field: {field: its columns, or its columns and a function that reads them}."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from books.importing.formats.base import Container, Format, RawFields
from books.importing.formats.values import (
    DAMAGE,
    count,
    first,
    first_isbn,
    parts,
    people,
    split_role,
    text,
    topics,
    values,
    year,
)
from books.importing.results import RowError
from books.metadata.record import CLEANERS

type Cells = Mapping[str, Any]
type CellReader = Callable[..., Any]  # gets the cells of the columns; may return a dict of several fields
type Columns = Mapping[str, str | tuple[str, CellReader]]  # several columns are separated by `|`


def reject_damaged(cells: Cells) -> Cells:
    """The cells. Raises RowError for a record that could not be read."""
    if damage := cells.get(DAMAGE):
        raise RowError("", "", damage)
    return cells


def split_lists(*cells: Any) -> list[str]:
    return [part for cell in cells for part in parts(cell)]


def split_people(*cells: Any) -> Iterable[tuple[str, str]]:
    return map(split_role, split_lists(*cells))


def people_by_role(*roles: str, names: Callable[[Any], Iterable[Any]] = values) -> CellReader:
    """Reads people from columns that each stand for a role."""
    return lambda *cells: [(text(name), role) for role, cell in zip(roles, cells, strict=True) for name in names(cell)]


DEFAULTS: Mapping[str, CellReader] = {
    "authors": split_people,
    "isbn13": first_isbn,
    "published_year": year,
    "pages": count,
    "topics": split_lists,
}


def reader(
    columns: Mapping[str, tuple[Sequence[str], CellReader]], *, keep_dicts: bool = False
) -> Callable[[Cells], RawFields]:
    """Reads the fields one by one. A field whose reader raises RowError is left out.

    `keep_dicts`: a dict is the value of a single field, as in JSON, and not several fields.
    """

    def read(cells: Cells) -> RawFields:
        fields: dict[str, Any] = {}
        dropped: list[RowError] = []
        for field, (names, how) in columns.items():
            try:
                value = how(*[cells.get(name) for name in names])
            except RowError as error:
                dropped.append(error)
            else:
                if isinstance(value, dict) and not keep_dicts:
                    fields |= value
                else:
                    fields[field] = value
        if "authors" in fields or "contributors" in fields:
            named = people([*fields.get("authors", ()), *fields.get("contributors", ())])
            fields |= {name: found for name, found in named.items() if found or name in fields}
        if "topics" in fields:
            fields["topics"], too_many = topics(fields["topics"])
            dropped += too_many
        return fields, dropped

    return read


def column_format(  # noqa: PLR0913 - each is a property of a format
    name: str,
    title: str,
    columns: Columns,
    *,
    header: str = "",
    source: str = "",
    prepare: Callable[[Cells], Cells] = reject_damaged,
    container: Container | None = None,
    one_person_a_row: bool = False,
) -> Format:
    """`header`: the columns that identify it. `source`: the prefix of its source keys. `prepare` may change the cells
    first, or raise RowError for rows that are not books."""
    pairs = {field: each if isinstance(each, tuple) else (each, None) for field, each in columns.items()}
    split = {field: (names.split("|"), how or DEFAULTS.get(field, first)) for field, (names, how) in pairs.items()}
    read_fields = reader(split)

    def read(cells: Cells) -> RawFields:
        fields, dropped = read_fields(prepare(cells))
        if source and fields["source_key"]:
            fields["source_key"] = f"{source}:{fields['source_key']}"
        if not fields.get("series"):
            fields.pop("series_number", None)  # some programs write one for every book
        return fields, dropped

    uses = {column: field for field, (names, _) in split.items() if field in CLEANERS for column in names}
    known = frozenset(filter(None, header.split("|")))
    return Format(name, read, known, title=title, uses=uses, container=container, one_person_a_row=one_person_a_row)
