"""Cells that a spreadsheet would run as a formula: our CSV puts an apostrophe before them, our import takes it off."""

import re

# However often it was defused already, so that each apostrophe that is taken off is one of ours.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
FIRST = frozenset("'=+-@\t\r\n＝＋－＠")  # the characters with which one may begin


def defuse(cell: str) -> str:
    return f"'{cell}" if FORMULA.match(cell) else cell


def restore_cell(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
