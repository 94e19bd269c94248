from pathlib import Path

import pytest

from books.importing import tables
from books.importing.formats.gutenberg import categories, split_title
from books.importing.rows import cleaned
from books.importing.source import Source

pytestmark = pytest.mark.once

LIST = Path(__file__).resolve().parents[3] / "shared/data/gutenberg/gutenberg_metadata.csv"


@pytest.mark.parametrize(
    ("written", "title", "subtitle"),
    [
        ("Peter Pan : $b [Peter and Wendy]", "Peter Pan", "[Peter and Wendy]"),
        ("The Bill of Rights\r\nThe Ten Original\nAmendments", "The Bill of Rights", "The Ten Original Amendments"),
        ("Sir Thomas\r\n$b a life", "Sir Thomas", "a life"),
        ("The Accession of\r\nJames II\r\nVolume 1", "The Accession of James II", "Volume 1"),
        ("A $1,000 Prize", "A $1,000 Prize", ""),
        ("Faust = $b Faust", "Faust", "Faust"),
        ("$b lost", "lost", ""),
        ("Demonologia : $b " + "x" * 501, "Demonologia " + "x" * 501, ""),
        ("", "", ""),
    ],
)
def test_titles_and_subtitles_are_told_apart(written: str, title: str, subtitle: str) -> None:
    assert split_title(written) == (title, subtitle)


def test_topics_are_the_categories_among_the_shelves() -> None:
    shelves = "Politics/Category: Essays, Letters & Speeches/Category: Religion/Spirituality/Category: Art"
    assert categories(shelves) == ["Essays, Letters & Speeches", "Religion", "Art"]


@pytest.mark.data
@pytest.mark.skipif(not LIST.is_file(), reason="the real list is not here: it belongs beside the project, in ../shared")
def test_the_rows_of_the_real_list_fit_and_one_has_no_title() -> None:
    with LIST.open("rb") as file:
        table = tables.opened(Source(file), {})
        rows = list(table.rows(table.start, table.before))
    assert len(rows) == 82_415
    some = [cleaned(row, table.format) for row in rows if row.line % 10 == 94_475 % 10]
    assert not [row for row in some if row.error]
    assert [row.row.line for row in some if "title" not in row.fields] == [94_475]
