"""Formats whose rows are read a field at a time: {field: its columns, or its columns and how to read them}."""

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
    text,
    topics,
    values,
    with_role,
    year,
)
from books.importing.results import RowError
from books.metadata.record import CLEANERS

type Cells = Mapping[str, Any]
type How = Callable[..., Any]  # of the cells of its columns; a dict of several fields is taken as such
type Columns = Mapping[str, str | tuple[str, How]]  # several columns have `|` between them


def sound(cells: Cells) -> Cells:
    """The cells; raises a RowError for a record that could not be read."""
    if damage := cells.get(DAMAGE):
        raise RowError("", "", damage)
    return cells


def listed_in(*cells: Any) -> list[str]:
    return [part for cell in cells for part in parts(cell)]


def people_in(*cells: Any) -> Iterable[tuple[str, str]]:
    return map(with_role, listed_in(*cells))


def in_roles(*roles: str, names: Callable[[Any], Iterable[Any]] = values) -> How:
    """The people of columns that say what they did: a role for each column."""
    return lambda *cells: [(text(name), role) for role, cell in zip(roles, cells, strict=True) for name in names(cell)]


USUAL: Mapping[str, How] = {
    "authors": people_in,
    "isbn13": first_isbn,
    "published_year": year,
    "pages": count,
    "topics": listed_in,
}


def reader(
    columns: Mapping[str, tuple[Sequence[str], How]], *, one_by_one: bool = False
) -> Callable[[Cells], RawFields]:
    """Reads the fields one after the other. A field whose reading raises a RowError is left out with it.

    `one_by_one`: a dict is the value of one field, as JSON may have it, and not several fields.
    """

    def read(cells: Cells) -> RawFields:
        fields: dict[str, Any] = {}
        left_out: list[RowError] = []
        for field, (names, how) in columns.items():
            try:
                value = how(*[cells.get(name) for name in names])
            except RowError as error:
                left_out.append(error)
            else:
                if isinstance(value, dict) and not one_by_one:
                    fields |= value
                else:
                    fields[field] = value
        if "authors" in fields or "contributors" in fields:
            named = people([*fields.get("authors", ()), *fields.get("contributors", ())])
            fields |= {name: found for name, found in named.items() if found or name in fields}
        if "topics" in fields:
            fields["topics"], too_many = topics(fields["topics"])
            left_out += too_many
        return fields, left_out

    return read


def of_columns(  # noqa: PLR0913 - each is a thing that a format has
    name: str,
    title: str,
    columns: Columns,
    *,
    header: str = "",
    source: str = "",
    prepared: Callable[[Cells], Cells] = sound,
    container: Container | None = None,
    one_person_a_row: bool = False,
) -> Format:
    """`header`: the columns by which it is recognised. `source`: of its keys, before their colon. `prepared`: the cells
    as they are read; raises a RowError for what is no book."""
    pairs = {field: each if isinstance(each, tuple) else (each, None) for field, each in columns.items()}
    split = {field: (names.split("|"), how or USUAL.get(field, first)) for field, (names, how) in pairs.items()}
    read_fields = reader(split)

    def read(cells: Cells) -> RawFields:
        fields, left_out = read_fields(prepared(cells))
        if source and fields["source_key"]:
            fields["source_key"] = f"{source}:{fields['source_key']}"
        if not fields.get("series"):
            fields.pop("series_number", None)  # some write one for every book
        return fields, left_out

    uses = {column: field for field, (names, _) in split.items() if field in CLEANERS for column in names}
    known = frozenset(filter(None, header.split("|")))
    return Format(name, read, known, title=title, uses=uses, container=container, one_person_a_row=one_person_a_row)
