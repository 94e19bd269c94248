"""CSL-JSON, for Zotero, pandoc and citation.js."""

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import orjson

from books.exporting.base import EntryFormat, for_names, frequent
from books.exporting.citation import language_tag, people, person, titles
from books.metadata.record import SEPARATOR
from books.metadata.roles import LABELS
from books.models.book_columns import NAME_SEPARATOR

ROLES = {role: LABELS[role] for role in ("trl", "edt", "ill", "nrt", "cmp", "com", "ivr")}


def variable(name: str, written: Callable[[Any], Any] = str) -> Callable[[Any], str]:
    return lambda value: (
        f',"{name}":{orjson.dumps(written(value)).decode()}' if value is not None and value != "" else ""
    )


def names(found: Sequence[str], language: str, role: str) -> str:
    return f',"{role}":[{",".join(map(name_of, found, repeat(language)))}]' if found else ""


@for_names
def name_of(name: str, language: str) -> str:
    found = person(name, language)
    parts = {part: text for part, text in found._asdict().items() if text} if found else {"literal": name}
    return orjson.dumps(parts).decode()


class CslJson(EntryFormat):
    label, extension, content_type = "CSL-JSON", "csl.json", "application/vnd.citationstyles.csl+json"
    header, separator, end_of_entry = b"[\n", b",\n", "}"
    parts = (
        ("id", '{{"id":"book-{}","type":"book"'.format),
        titles(variable("title"), variable("title-short")),
        *people(names, "author", ROLES, "contributor"),
        ("published_year", frequent(variable("issued", lambda year: {"date-parts": [[year]]}))),
        ("publisher", frequent(variable("publisher"))),
        ("isbn13", variable("ISBN")),
        ("language", frequent(variable("language", language_tag))),
        ("pages", frequent(variable("number-of-pages"))),
        ("series", frequent(variable("collection-title"))),
        ("series_number", frequent(variable("collection-number"))),
        ("topics", frequent(variable("keyword", lambda names: names.replace(NAME_SEPARATOR, f"{SEPARATOR} ")))),
        ("description", variable("abstract")),
    )

    def end(self) -> bytes:
        return b"\n]\n"
