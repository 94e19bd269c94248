from typing import Any

import pytest

from books.importing.formats import own
from books.importing.reading import Row
from books.importing.results import SHOWN
from books.importing.rows import CleanRow, cleaned

pytestmark = pytest.mark.once


def row(**fields: Any) -> CleanRow:
    return cleaned(Row(7, 0, 7, [*map(str, fields.values())], fields), own.JSON_LINES)


def test_fields_are_in_their_canonical_form() -> None:
    assert row(title=" Kokoro ", isbn13="4-10-101001-3", pages="5").fields == {
        "title": "Kokoro",
        "isbn13": "9784101010014",
        "pages": 5,
    }


@pytest.mark.parametrize("empty", ["", "  ", None])
@pytest.mark.parametrize("field", ["title", "authors", "isbn13", "language", "pages", "source_key"])
def test_an_empty_cell_gives_no_field(field: str, empty: str | None) -> None:
    assert row(**{field: empty}).fields == {}


@pytest.mark.parametrize("empty", [[], [" "], " ; ", "\n"])
def test_a_list_without_a_name_gives_no_field(empty: Any) -> None:
    assert row(authors=empty, topics=empty).fields == {}


def test_the_number_nought_is_no_empty_cell() -> None:
    assert row(series_number=0).fields == {"series_number": 0}


def test_a_bad_value_leaves_its_field_out_and_each_is_noted() -> None:
    found = row(title="A", pages="many", language="xxqq yy")
    assert (found.error, found.fields) == (None, {"title": "A"})
    assert [(error.field, error.value) for error in found.dropped] == [("pages", "many"), ("language", "xxqq yy")]
    assert found.dropped[0].reason == "Enter a whole number from 1 to 100000."


def test_a_bad_name_costs_none_of_the_others() -> None:
    found = row(title="A", authors=["Ann Lee", "Ren\ufffd Roe", "Jo Poe"], topics=["tea", "x" * 1000])
    assert found.fields == {"title": "A", "authors": ["Ann Lee", "Jo Poe"], "topics": ["tea"]}
    assert [(error.field, error.value[:8]) for error in found.dropped] == [
        ("authors", "Ren\ufffd Roe"),
        ("topics", "xxxxxxxx"),
    ]


def test_a_long_value_is_shortened_in_the_reject() -> None:
    found = row(title="x" * 2000)
    assert found.error
    assert len(found.error.value) == SHOWN


def test_a_row_that_could_not_be_read_has_its_error() -> None:
    found = cleaned(Row(3, 0, 3, ["{"], fault="This line is not JSON."), own.CSV)
    assert found.error
    assert (found.error.field, found.error.value, found.error.reason) == ("", "{", "This line is not JSON.")


def test_a_damaged_letter_costs_a_book_that_field_alone_and_no_title() -> None:
    found = row(title=" Gar\ufffdon  A", publisher="\ufffdditeur", pages="5")
    assert (found.error, found.fields) == (None, {"title": "Gar\ufffdon A", "pages": 5})
    assert [(error.field, error.value) for error in found.dropped] == [
        ("title", " Gar\ufffdon  A"),
        ("publisher", "\ufffdditeur"),
    ]


@pytest.mark.parametrize("title", ["\ufffd\ufffd", "a\ufffd\0b", "\ufffd" + "x" * 1000])
def test_a_title_of_which_nothing_can_be_read_is_none(title: str) -> None:
    assert row(title=title).error
