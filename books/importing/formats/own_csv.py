"""The CSV that we export ourselves: a column for each field, all or some of them."""

import re
from collections.abc import Mapping

from books.importing.formats.base import Format, RawFields
from books.importing.results import REJECT_COLUMNS
from books.metadata.record import CLEANERS

# What our exports put before a cell that a spreadsheet would run as a formula; one is taken off.
_DEFUSED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def read(cells: Mapping[str, str]) -> RawFields:
    return {
        name: cell[1:] if cell[0] == "'" and _DEFUSED.match(cell) else cell
        for name, cell in cells.items()
        if cell and name in CLEANERS
    }, []


FORMAT = Format("csv", read, frozenset({"title"}), other_columns=frozenset({*CLEANERS, *REJECT_COLUMNS}))
