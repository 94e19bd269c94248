"""How a record is stored in the columns of a book, and read from them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any, cast

from django.db import connection

from books.metadata import fingerprint, languages, record, roles, sorting
from books.metadata.record import Record
from books.metadata.text import TEXTS, lines
from books.search.expressions import tsvector

NAME_SEPARATOR = "\n"  # in the columns that hold names; no name contains one
RECORD_COLUMNS = tuple(record.COLUMNS.values())


def as_record(row: Mapping[str, Any]) -> Record:
    """The record in a row of RECORD_COLUMNS."""
    values = {name: row[column] for name, column in record.COLUMNS.items()}
    return cast("Record", {**values, **{name: split(values[name]) for name in record.NAMES}})


def columns(full: Record, other_names: Mapping[str, Sequence[str]] = MappingProxyType({})) -> dict[str, Any]:
    """The columns that hold a record, and those derived from it and from the other names of its people."""
    found = text_columns(full, other_names)
    if connection.vendor == "postgresql":
        found["words"] = tsvector(lines(found[name] for name in TEXTS))
    return found


def text_columns(full: Record, other_names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """These columns, without the words by which the book is found."""
    return {
        **{column: full[name] for name, column in record.COLUMNS.items()},  # type: ignore[literal-required]
        "title_key": sorting.sort_key(full["title"], full["language"]),
        "author_key": sorting.author_key(full["authors"]),
        "series_key": sorting.series_key(full["series"], full["series_number"]),
        "fingerprint": fingerprint.of(full["title"], full["authors"]),
        "primary_language": languages.primary(full["language"]),
        **{record.COLUMNS[name]: NAME_SEPARATOR.join(full[name]) for name in record.NAMES},  # type: ignore[literal-required]
        "other_names": found_by(full["authors"], full["contributors"], other_names),
    }


def found_by(authors: Iterable[str], contributors: Iterable[str], other_names: Mapping[str, Sequence[str]]) -> str:
    """The other names of a book's authors, one a line; then, after an empty one, those of its contributors."""
    found = chain.from_iterable(other_names.get(name, ()) for name in authors)
    people = map(roles.contributor, contributors)
    further = [str(each._replace(name=name)) for each in people for name in other_names.get(each.name, ())]
    return NAME_SEPARATOR.join([*found, *(["", *further] if further else [])])


def split(names: str) -> list[str]:
    """The names in a column that holds names."""
    return names.split(NAME_SEPARATOR) if names else []
