"""What the catalogues outside write, in the shapes that their documentation shows, and in any other, as a record."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.lookup.sources import google_books, open_library
from books.metadata import record
from tests.outside import ISBN

pytestmark = pytest.mark.once

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
EDITION = [*"title subtitle authors publishers publish_date number_of_pages languages subjects series".split()]
VOLUME = [*"title subtitle authors publisher publishedDate description pageCount categories language".split()]


def edition(**details: Any) -> Any:
    return open_library({"title": "T", **details}, {})


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("1984", 1984),
        ("1984-06", 1984),
        ("1984-06-08", 1984),
        ("March 2009", 2009),
        ("Mar 05, 1995", 1995),
        ("c1999", 1999),
        ("[1984?]", 1984),
        ("19--", 1900),
        ("0000", None),
        ("12345", None),
        ("", None),
        (None, None),
        (1984, 1984),
        ([1984], None),
        ("٢٠٠٩", 2009),
    ],
)
def test_a_year_is_found_in_a_date_however_it_is_written(written: Any, year: int | None) -> None:
    assert edition(publish_date=written).get("published_year") == year
    assert google_books({"title": "T", "publishedDate": written}).get("published_year") == year


def test_the_year_is_that_of_the_first_publication_where_it_is_known() -> None:
    assert open_library({"title": "T", "publish_date": "2009"}, {"first_publish_year": 1813})["published_year"] == 1813


@pytest.mark.parametrize("written", ["Of samples.", {"type": "/type/text", "value": "Of samples."}])
def test_a_description_is_a_text_or_an_object(written: Any) -> None:
    assert edition(description=written)["description"] == "Of samples."


@pytest.mark.parametrize("written", [None, 1, [], {}, {"value": 1}, "", " ", "\x00", "x" * 20_001])
def test_a_description_that_is_none_is_left_out(written: Any) -> None:
    assert edition(description=written) == {"title": "T"}


@pytest.mark.parametrize(
    ("written", "name", "number"),
    [
        ("Discworld", "Discworld", None),
        ("Discworld ; 5", "Discworld", 5),
        ("Discworld, #5", "Discworld", 5),
        ("Discworld (v. 5)", "Discworld", 5),
        ("Discworld -- Book 5", "Discworld", 5),
        ("Catch 22", "Catch", 22),
        ("5", "5", None),
        ("#5", "#5", None),
    ],
)
def test_a_series_is_a_name_and_maybe_a_number(written: str, name: str, number: int | None) -> None:
    found = edition(series=[written])
    assert (found["series"], found.get("series_number")) == (name, number)


def test_one_language_is_that_and_several_are_several() -> None:
    english, german = {"key": "/languages/eng"}, {"key": "/languages/ger"}
    assert edition(languages=[english])["language"] == "en"
    assert edition(languages=[english, german])["language"] == "mul"
    assert "language" not in edition(languages=[{"key": "/languages/not a code"}])


def test_authors_are_the_editions_own_or_else_those_of_the_work() -> None:
    work = {"author_name": ["Of the work"]}
    assert open_library({"title": "T", "authors": [{"name": "Own"}]}, work)["authors"] == ["Own"]
    assert open_library({"title": "T", "authors": [{"key": "/a/1"}]}, work)["authors"] == ["Of the work"]


def test_names_that_stand_in_one_are_taken_apart_and_only_some_topics_are_taken() -> None:
    found = edition(authors=[{"name": "A; B"}, {"name": "x" * 300}], subjects=["!", *map(str, range(50))])
    assert found["authors"] == ["A", "B"]
    assert found["topics"] == [str(number) for number in range(10)]


def test_what_no_book_may_have_is_left_out() -> None:
    assert edition(number_of_pages=0, publishers=["x" * 501], subtitle=7) == {"title": "T"}
    assert google_books({"title": "T", "pageCount": True, "language": "??"}) == {"title": "T"}


def test_without_a_title_there_is_no_book() -> None:
    assert open_library({"number_of_pages": 9}, {}) == {}
    assert open_library({}, {"title": "Of the work"}) == {"title": "Of the work"}
    assert google_books({"pageCount": 9}) == {}


def test_markup_in_a_description_is_taken_out() -> None:
    assert google_books({"title": "T", "description": "<p>It &amp; <b>they</b></p>"})["description"] == "It & they"


@given(st.dictionaries(st.sampled_from(EDITION), JSON), st.dictionaries(st.text(), JSON))
def test_whatever_open_library_says_becomes_a_possible_book_or_none(details: Any, work: Any) -> None:
    possible(open_library(details, work))


@given(st.dictionaries(st.sampled_from(VOLUME), JSON))
def test_whatever_google_books_says_becomes_a_possible_book_or_none(volume: Any) -> None:
    possible(google_books(volume))


def possible(found: Any) -> None:
    values, errors = record.clean({**found, "isbn13": ISBN})
    assert errors == {}
    assert values == {**found, "isbn13": ISBN}
