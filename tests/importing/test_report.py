import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.exporting.formulas import defuse, restore_cell
from books.importing.report import csv_lines, reject_header, reject_lines, summary
from books.importing.results import Reject, Totals

pytestmark = pytest.mark.once

HEADER = ["title", "pages"]


def reject(line: int, *cells: str) -> Reject:
    return Reject(line, "pages", "many", "Write a whole number.", cells)


def test_rejects_have_their_own_cells_and_then_line_field_and_reason() -> None:
    lines = reject_header(HEADER) + reject_lines(HEADER, [reject(2, "心", "many"), reject(5, "short")])
    assert list(csv.reader(io.StringIO(lines.decode("utf-8-sig")))) == [
        ["title", "pages", "line", "field", "reason"],
        ["心", "many", "2", "pages", "Write a whole number."],
        ["short", "", "5", "pages", "Write a whole number."],
    ]


@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")
def test_no_cell_is_a_formula_to_a_spreadsheet(first: str) -> None:
    header = reject_header([f"{first}h"])
    lines = header + reject_lines(["h"], [Reject(2, f"{first}f", "", f"{first}r", [f"{first}c"])])
    rows = csv.reader(io.StringIO(lines.decode("utf-8-sig"), newline=""))
    assert [cell for row in rows for cell in row if cell.startswith(first)] == []


@given(st.text("'=+-@\t\r\n＝＋－＠a", max_size=5) | st.text(max_size=5))
def test_a_cell_that_was_defused_is_restored(cell: str) -> None:
    assert restore_cell(defuse(cell)) == cell
    assert restore_cell(defuse(defuse(cell))) == defuse(cell)


def test_cells_that_are_no_text_can_be_written() -> None:
    assert b"\\ud800" in csv_lines([["\ud800", "\0"]])


def test_a_summary_counts_the_rows_by_what_became_of_them() -> None:
    assert summary(Totals(created=9977, rejected=23)) == (
        "10,000 rows: 9,977 added, 0 updated, 0 unchanged, 23 rejected"
    )


def test_a_summary_counts_what_was_left_out_and_possible_duplicates() -> None:
    assert summary(Totals(created=2, notes=1, similar=1)).endswith("; 1 field left out; 1 possible duplicate")
