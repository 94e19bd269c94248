import csv
import io

from books.importing.report import csv_lines, reject_header, reject_lines, summary
from books.importing.results import Reject, Totals

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


def test_cells_that_are_no_text_can_be_written() -> None:
    assert b"\\ud800" in csv_lines([["\ud800", "\0"]])


def test_a_summary_counts_the_rows_by_what_became_of_them() -> None:
    assert summary(Totals(created=9977, rejected=23)) == (
        "10,000 rows: 9,977 added, 0 updated, 0 unchanged, 23 rejected"
    )


def test_a_summary_counts_what_was_left_out_and_possible_duplicates() -> None:
    assert summary(Totals(created=2, notes=1, similar=1)).endswith(
        "; 1 imported without one of their fields; 1 possible duplicates, see /duplicates/"
    )
