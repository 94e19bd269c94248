"""How a record is stored in the columns of a book, and read from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from django.db import connection

from books.metadata import fingerprint, languages, record, roles, sorting
from books.metadata.record import Record
from books.metadata.series import places
from books.metadata.text import TEXTS, index_lines
from books.search.expressions import tsvector

NAME_SEPARATOR = "\n"  # in the columns that hold names; no name contains one
RECORD_COLUMNS = tuple(record.COLUMNS.values())

OtherNames = Mapping[str, Mapping[str, Sequence[str]]]  # by the field of a record, and the name there
NO_OTHERS: OtherNames = MappingProxyType({"authors": {}, "topics": {}, "series": {}})


def as_record(row: Mapping[str, Any]) -> Record:
    """The record in a row of RECORD_COLUMNS."""
    values = {name: row[column] for name, column in record.COLUMNS.items()}
    return cast("Record", {**values, **{name: split(values[name]) for name in record.NAMES}})


def columns(full: Record, other_names: OtherNames = NO_OTHERS) -> dict[str, Any]:
    """The columns that hold a record, and those derived from it and from its names' other spellings."""
    found = text_columns(full, other_names)
    if connection.vendor == "postgresql":
        found["words"] = tsvector(index_lines(found[name] for name in TEXTS))
    return found


def text_columns(full: Record, other_names: OtherNames) -> dict[str, Any]:
    """These columns, without the words by which the book is found."""
    return {
        **{column: full[name] for name, column in record.COLUMNS.items()},  # type: ignore[literal-required]
        "title_key": sorting.sort_key(full["title"], full["language"]),
        "author_key": sorting.author_key(full["authors"]),
        "series_key": sorting.series_key(full["series"], full["series_number"]),
        "fingerprint": fingerprint.of(full["title"], full["authors"]),
        "primary_language": languages.primary(full["language"]),
        **{record.COLUMNS[name]: NAME_SEPARATOR.join(full[name]) for name in record.NAMES},  # type: ignore[literal-required]
        "other_names": other_names_column(full, other_names),
    }


def other_names_column(full: Mapping[str, Any], other_names: OtherNames) -> str:
    """The other names of a book's authors, of its contributors, its topics and its series.

    One a line, and an empty line after each kind but the last that there is.
    """

    if not any(other_names.values()):  # as for most
        return ""

    def others(field: str, names: Iterable[str]) -> Iterator[str]:
        return (other for name in names for other in other_names[field].get(name, ()))

    kinds = (
        others("authors", full["authors"]),
        (
            str(each._replace(name=name))
            for each in map(roles.contributor, full["contributors"])
            for name in others("authors", [each.name])
        ),
        others("topics", full["topics"]),
        others("series", (place.series for place in places(full))),
    )
    return f"{NAME_SEPARATOR}{NAME_SEPARATOR}".join(map(NAME_SEPARATOR.join, kinds)).rstrip(NAME_SEPARATOR)


def split(names: str) -> list[str]:
    """The names in a column that holds names."""
    return names.split(NAME_SEPARATOR) if names else []
