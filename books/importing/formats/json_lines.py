"""JSON Lines: an object per line, with a book's fields as our JSON names them."""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.results import RowError
from books.metadata.record import CLEANERS

SET_BY_US = {"id", "url", "created_at", "updated_at", "version"}
NAMES = {*CLEANERS, *SET_BY_US}


def read(fields: Mapping[str, Any]) -> RawFields:
    reason = f"No such field. A book has: {', '.join(CLEANERS)}."
    unknown = [RowError(name, fields[name], reason) for name in fields if name not in NAMES]
    return {name: value for name, value in fields.items() if name in CLEANERS}, unknown


FORMAT = Format(
    "jsonl", read, title="JSON Lines of this catalogue", is_ours=True, uses={name: name for name in CLEANERS}
)
