"""Defuses cells that a spreadsheet would run as formulas: exports add an apostrophe, imports remove it."""

import re

# Including cells with apostrophes already, so that every apostrophe removed is one that we added.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
FIRST = frozenset("'=+-@\t\r\n＝＋－＠")  # first characters of such cells


def defuse(cell: str) -> str:
    return f"'{cell}" if FORMULA.match(cell) else cell


def restore_cell(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
