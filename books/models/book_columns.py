"""Converts records to the columns of a book, and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from django.db import connection

from books.metadata import fingerprint, languages, record, roles, sorting
from books.metadata.record import Record
from books.metadata.series import places
from books.metadata.text import index_lines, texts_of
from books.search.expressions import tsvector

NAME_SEPARATOR = "\n"  # in the columns that hold names; no name contains one
RECORD_COLUMNS = tuple(record.COLUMNS.values())
_NAMES = [record.COLUMNS[name] for name in record.NAMES]
_values, _in_row = itemgetter(*record.COLUMNS), itemgetter(*RECORD_COLUMNS)

OtherNames = Mapping[str, Mapping[str, Sequence[str]]]  # by field of a record and name


def as_record(row: Mapping[str, Any]) -> Record:
    """The record in a row of RECORD_COLUMNS."""
    return record_of(_in_row(row))


def record_of(values: Sequence[Any]) -> Record:
    """The record of these values of RECORD_COLUMNS."""
    found = dict(zip(record.COLUMNS, values, strict=True))
    for name in record.NAMES:
        found[name] = split(found[name])
    return cast("Record", found)


def columns(records: Iterable[Record], other_names: OtherNames) -> Iterator[dict[str, Any]]:
    """The columns for each record, including those derived from it and from the other names of its people and so on."""
    has_words = connection.vendor == "postgresql"  # looked up once, as it takes a microsecond
    for full in records:
        found = text_columns(full, other_names)
        if has_words:
            found["words"] = tsvector(index_lines(texts_of(found)))
        yield found


def text_columns(full: Record, other_names: OtherNames) -> dict[str, Any]:
    """The same columns without the search words."""
    found: dict[str, Any] = dict(zip(RECORD_COLUMNS, _values(full), strict=True))
    for column in _NAMES:
        found[column] = NAME_SEPARATOR.join(found[column])
    found["title_key"] = sorting.sort_key(full["title"], full["language"])
    found["author_key"] = sorting.author_key(full["authors"])
    found["series_key"] = sorting.series_key(full["series"], full["series_number"])
    found["fingerprint"] = fingerprint.of(full["title"], full["authors"])
    found["primary_language"] = languages.primary(full["language"])
    found["other_names"] = other_names_column(full, other_names)
    return found


def other_names_column(full: Mapping[str, Any], other_names: OtherNames) -> str:
    """The other names of a book's authors, contributors, topics and series.

    One per line, with an empty line between two kinds.
    """

    if not any(other_names.values()):  # like most books
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
