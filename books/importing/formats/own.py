"""Our own exports, with the field names of our JSON, and the simplest list there is: ISBNs."""

import re
from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import is_isbn
from books.importing.results import RowError
from books.metadata import isbn
from books.metadata.record import CLEANERS

SET_BY_US = {"id", "url", "created_at", "updated_at", "version"}
NAMES = {*CLEANERS, *SET_BY_US}
_DRESSING = re.compile(r"\b(?:(?:urn:|e-?)?i?sbn|ean)|\([^)]*\)", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)(?:#|//).*", re.DOTALL)
_USES = {name: name for name in CLEANERS}


def read_csv(cells: Mapping[str, str]) -> RawFields:
    return {name: cell for name, cell in cells.items() if cell and name in CLEANERS}, []


def read_json(fields: Mapping[str, Any]) -> RawFields:
    reason = f"No such field. A book has: {', '.join(CLEANERS)}."
    unknown = [RowError(name, fields[name], reason) for name in fields if name not in NAMES]
    return {name: value for name, value in fields.items() if name in CLEANERS}, unknown


def strip_comment(line: str) -> str:
    return _COMMENT.sub("", line).strip(" \t,;|")


def split_isbns(line: str) -> list[str]:
    """The ISBNs in a line, and what else stands there."""
    if is_isbn(line) and not re.search(r"[\t;|]|[^\W\d_]{2}", _DRESSING.sub("", line)):
        return [line]
    found = [written for written, _ in isbn.find_all(line)]
    rest = re.sub("|".join(map(re.escape, found)) or "$^", "", line).strip(" \t,;|")
    return [*found, *[rest] * bool(rest)]


def read_isbn(cells: Mapping[str, Any]) -> RawFields:
    return {"isbn13": isbn.canonical(cells["isbn13"])}, []


CSV = Format(  # a column for each field, all or some of them
    "csv",
    read_csv,
    frozenset({"title"}),
    title="CSV of this catalogue",
    uses=_USES,
    is_ours=True,
)
JSON_LINES = Format("jsonl", read_json, title="JSON Lines of this catalogue", is_ours=True, uses=_USES)
# One per line. A new book is named after its ISBN until it is looked up.
NAMELESS = Format("nameless", lambda cells: ({}, []), title="A table without names of columns")
ISBNS = Format("isbns", read_isbn, title="A list of ISBNs", uses={"isbn13": "isbn13"}, is_by_isbn=True)
