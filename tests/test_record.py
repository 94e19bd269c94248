from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.metadata import record

pytestmark = pytest.mark.once


def test_white_space_in_a_line_becomes_single_spaces() -> None:
    assert record.clean({"title": "  The \n Hobbit\t "}) == ({"title": "The Hobbit"}, {})


def test_two_spellings_of_one_character_become_one() -> None:
    assert record.clean({"title": "Bronte\u0308"})[0] == {"title": "Bront\u00eb"}


def test_a_description_keeps_its_lines() -> None:
    assert record.clean({"description": "one\r\ntwo"})[0] == {"description": "one\ntwo"}


def test_names_are_split_at_semicolons_and_line_ends_and_kept_once_each() -> None:
    assert record.clean({"authors": "B; A\nB;;"})[0] == {"authors": ["B", "A"]}


def test_topics_that_share_an_address_are_one() -> None:
    assert record.clean({"topics": ["Science fiction", "science-fiction", "C++", "C#"]})[0] == {
        "topics": ["Science fiction", "C++", "C#"]
    }


def test_a_series_number_may_lie_in_between() -> None:
    assert record.clean({"series_number": 2.5})[0] == {"series_number": Decimal("2.50")}


@pytest.mark.parametrize("field", ["published_year", "pages", "isbn13", "series_number", "source_key"])
def test_an_empty_cell_of_a_number_is_nothing(field: str) -> None:
    assert record.clean({field: ""}) == ({field: None}, {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 1001),
        ("title", "a\0b"),
        ("title", "\ufffd"),
        ("title", 5),
        ("subtitle", ["x"]),
        ("published_year", "10" * 2500),
        ("published_year", 10**30),
        ("published_year", 1950.5),
        ("published_year", True),
        ("published_year", 2101),
        ("pages", 0),
        ("pages", -3),
        ("isbn13", "9780306406158"),
        ("language", "klingonese"),
        ("series_number", "soon"),
        ("series_number", 1e30),
        ("series_number", -1),
        ("authors", ["a;b"]),
        ("authors", [5]),
        ("authors", 5),
        ("authors", [str(i) for i in range(101)]),
        ("authors", ["the same"] * 1001),
        ("publisher", f"x{' ' * 5000}"),
        ("topics", ["!!!"]),
        ("description", "x" * 20_001),
    ],
)
def test_what_no_book_may_hold_is_refused_with_a_reason(field: str, value: object) -> None:
    values, errors = record.clean({field: value})
    assert values == {}
    assert errors.keys() == {field}


TEXTS = st.text() | st.integers() | st.floats() | st.none() | st.lists(st.text()) | st.booleans()


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(record.CLEANERS, TEXTS)))
def test_whatever_comes_a_field_is_either_cleaned_or_refused_and_cleaning_twice_changes_nothing(
    raw: dict[str, object],
) -> None:
    values, errors = record.clean(raw)
    assert values.keys() | errors.keys() == raw.keys()
    assert record.clean(values) == (values, {})


@pytest.mark.parametrize("mark", ["\u200e", "\u202b", "\u200b", "\ufeff", "\u00ad", "\u200d", "\u3000\u2060"])
def test_invisible_marks_at_the_ends_are_cleaned_off(mark: str) -> None:
    assert record.clean({"series": f"{mark}Kokoro{mark}"}) == ({"series": "Kokoro"}, {})
    assert record.clean({"title": mark})[1].keys() == {"title"}


def test_a_mark_of_direction_stays_before_a_title() -> None:
    assert record.clean({"title": "\u200fשלום"})[0] == {"title": "\u200fשלום"}


def test_what_chooses_the_shape_of_a_character_stays() -> None:
    assert record.clean({"title": "葛\U000e0100"})[0] == {"title": "葛\U000e0100"}


@pytest.mark.parametrize("spelling", ["\u202bסלמה עזת", "סלמה\u200e עזת", "סל\u00adמה עזת\u202c"])
def test_invisible_marks_make_no_second_author(spelling: str) -> None:
    assert record.clean({"authors": [spelling]})[0] == {"authors": ["סלמה עזת"]}


def test_a_joiner_within_a_name_stays() -> None:
    assert record.clean({"authors": ["می\u200cخواهم"]})[0] == {"authors": ["می\u200cخواهم"]}
