"""The CSV that we export ourselves: a column for each field, all or some of them."""

from collections.abc import Mapping

from books.importing.formats.base import Format, RawFields
from books.importing.results import REJECT_COLUMNS
from books.metadata.record import CLEANERS


def read(cells: Mapping[str, str]) -> RawFields:
    return {name: cell for name, cell in cells.items() if cell and name in CLEANERS}, []


FORMAT = Format(
    "csv",
    read,
    frozenset({"title"}),
    other_columns=frozenset({*CLEANERS, *REJECT_COLUMNS}),
    title="CSV of this catalogue",
    uses={name: name for name in CLEANERS},
    is_ours=True,
)
