from io import BytesIO
from pathlib import Path

from books.importing.formats import own_csv
from books.importing.importer import Progress
from books.importing.report import LISTED, RejectsFile, Report
from books.importing.results import Note, Reject, Totals
from books.importing.tables import Table

HEADER = ["title", "pages"]


def reject(line: int, *cells: str) -> Reject:
    return Reject(line, "pages", "many", "Write a whole number.", cells)


def progress(totals: Totals, rejects: list[Reject], notes: list[Note]) -> Progress:
    table = Table(BytesIO(), own_csv.FORMAT, HEADER, ",", 0, 0, 100)
    return Progress(table, 100, 9, totals, rejects=rejects, notes=notes)


def test_rejects_have_their_own_cells_and_then_line_field_and_reason(tmp_path: Path) -> None:
    file = RejectsFile(tmp_path / "r.csv", HEADER)
    file.add([reject(2, "心", "many")])
    file.add([reject(5, "short")])
    assert (tmp_path / "r.csv").read_text(encoding="utf-8-sig") == (
        "title,pages,line,field,reason\n心,many,2,pages,Write a whole number.\nshort,,5,pages,Write a whole number.\n"
    )


def test_there_is_no_file_without_rejects_not_even_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("earlier")
    RejectsFile(tmp_path / "r.csv", HEADER).add([])
    assert not (tmp_path / "r.csv").exists()


def test_rejects_that_an_interrupted_import_wrote_after_its_checkpoint_are_cut_off(tmp_path: Path) -> None:
    file = RejectsFile(tmp_path / "r.csv", HEADER)
    file.add([reject(2, "A", "x")])
    size = file.size
    whole = (tmp_path / "r.csv").read_bytes()
    file.add([reject(3, "B", "x")])
    again = RejectsFile(tmp_path / "r.csv", HEADER, size)
    assert (tmp_path / "r.csv").read_bytes() == whole
    again.add([reject(3, "B", "x")])
    assert (tmp_path / "r.csv").read_text(encoding="utf-8-sig").count("title,pages") == 1


def test_cells_that_are_no_text_can_be_written(tmp_path: Path) -> None:
    RejectsFile(tmp_path / "r.csv", HEADER).add([reject(2, "\ud800", "\0")])
    assert b"\\ud800" in (tmp_path / "r.csv").read_bytes()


def test_a_summary_tells_what_became_of_the_rows_and_where_the_rejects_are() -> None:
    report = Report("books.csv", Path("books.csv.rejects.csv"), finished=True)
    report.add(progress(Totals(created=9977, rejected=23), [], []))
    assert report.summary() == (
        "books.csv: 10000 rows: 9977 created, 0 updated, 0 unchanged, 23 rejected (see books.csv.rejects.csv)"
    )


def test_a_summary_tells_what_was_left_out_and_where_it_stopped() -> None:
    report = Report("books.csv", Path("r.csv"), dry_run=True)
    report.add(progress(Totals(updated=1, notes=1), [], []))
    assert report.summary() == (
        "books.csv (dry run): 1 rows: 0 created, 1 updated, 0 unchanged, 0 rejected"
        "; 1 imported without one of their fields; stopped after line 9"
    )


def test_a_summary_tells_how_many_may_be_here_already() -> None:
    report = Report("books.csv", Path("r.csv"), finished=True)
    report.add(progress(Totals(created=2, similar=1), [], []))
    assert report.summary().endswith("; 1 may be here already, see /duplicates/")
    assert report.as_json()["similar"] == 1


def test_a_report_lists_the_first_rejects_and_notes_and_counts_all() -> None:
    report = Report("books.csv", Path("r.csv"), finished=True)
    note = Note(4, "isbn13", "123", "An ISBN has 10 or 13 digits.")
    for _ in range(2):
        report.add(progress(Totals(rejected=2 * LISTED, notes=2), [reject(2, "A", "x")] * LISTED, [note]))
    found = report.as_json()
    assert (found["rows"], found["rejected"], len(found["first_rejects"]), found["rejects_file"]) == (
        2 * LISTED,
        2 * LISTED,
        LISTED,
        "r.csv",
    )
    assert found["first_rejects"][0] == {
        "line": 2,
        "field": "pages",
        "value": "many",
        "reason": "Write a whole number.",
    }
    assert found["first_notes"] == [note._asdict()] * 2


def test_a_file_that_could_not_be_read_is_in_the_report_too() -> None:
    assert Report("nix.csv", Path("r.csv")).as_json() == {"file": "nix.csv", "finished": False}
    assert Report("nix.csv", Path("r.csv")).summary() == "nix.csv: not begun"
