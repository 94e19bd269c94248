"""JSON Lines: an object per line, with a book's fields as our JSON names them."""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.results import RowError
from books.metadata.record import CLEANERS

SET_BY_US = {"id", "url", "created_at", "updated_at", "version"}


def read(fields: Mapping[str, Any]) -> RawFields:
    if unknown := next((name for name in fields if name not in CLEANERS and name not in SET_BY_US), None):
        raise RowError(unknown, fields[unknown], f"No such field. A book has: {', '.join(CLEANERS)}.")
    return {name: value for name, value in fields.items() if name in CLEANERS}, []


FORMAT = Format("jsonl", read)
