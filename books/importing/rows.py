"""A row as the fields that it gives a book, in canonical form, or an error."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from books.importing.formats.base import Format
from books.importing.reading import Row
from books.importing.results import Note, Reject, RowError
from books.metadata.record import clean

NOTHING: tuple[Any, ...] = (None, "", [])  # of these one is in EMPTY for every field


class CleanRow(NamedTuple):
    row: Row
    fields: dict[str, Any] = {}  # those it gives; an empty cell gives none
    left_out: list[RowError] = []
    error: RowError | None = None

    def reject(self, error: RowError) -> Reject:
        return Reject(self.row.line, error.field, error.value, error.reason, self.row.cells)

    def notes(self) -> list[Note]:
        return [Note(self.row.line, error.field, error.value, error.reason) for error in self.left_out]


def cleaned(row: Row, known: Format) -> CleanRow:
    if row.fault:
        return CleanRow(row, error=RowError("", row.cells[0] if row.cells else "", row.fault))
    try:
        raw, left_out = known.read(row.fields)
        return CleanRow(row, _given(raw), left_out)
    except RowError as error:
        return CleanRow(row, error=error)


def _given(raw: Mapping[str, Any]) -> dict[str, Any]:
    values, errors = clean(
        {
            name: value
            for name, value in raw.items()
            if (value.strip() if isinstance(value, str) else value not in NOTHING)
        }
    )
    if errors:
        (field, reasons), *others = errors.items()
        also = "".join(f" Also, {name}: {found[0]}" for name, found in others)
        raise RowError(field, raw[field], f"{reasons[0]}{also}")
    return {name: value for name, value in values.items() if value or value == 0}
