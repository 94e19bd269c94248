import pytest

from books.importing.encoding import UnreadableFile
from books.importing.formats import own
from books.importing.formats.base import join_names
from books.importing.formats.mapped import example_map, mapped_format
from books.importing.header import format_with_columns
from books.metadata.record import CLEANERS

pytestmark = pytest.mark.once


def test_our_own_columns_all_or_some_are_our_own_csv() -> None:
    assert format_with_columns(list(CLEANERS)) is own.CSV
    assert format_with_columns(["pages", "title"]) is own.CSV


def test_a_file_of_rejects_can_be_imported_as_it_is() -> None:
    assert format_with_columns(["title", "authors", "line", "field", "reason"]) is own.CSV
    assert own.read_csv({"title": "A", "line": "3", "reason": "x"})[0] == {"title": "A"}


@pytest.mark.parametrize("header", [["authors", "isbn13"], ["title", "colour"], [""], []])
def test_other_columns_are_no_format_that_we_know(header: list[str]) -> None:
    assert format_with_columns(header) is None


def test_a_field_that_no_book_has_is_left_out_of_a_json_object_and_noted() -> None:
    fields, dropped = own.read_json({"title": "A", "colour": "red"})
    assert fields == {"title": "A"}
    assert [error.field for error in dropped] == ["colour"]
    assert "A book has: source_key, title" in dropped[0].reason


def test_what_we_set_ourselves_may_stand_in_a_json_object() -> None:
    assert own.read_json({"title": "A", "id": 5, "version": 2})[0] == {"title": "A"}


def test_a_mapping_says_which_column_holds_a_field() -> None:
    known = mapped_format({"title": "作品名", "pages": " S. "}, ["S.", "作品名", "x"])
    assert known.read({"S.": "5", "作品名": "心", "x": "y"}) == ({"title": "心", "pages": "5"}, [])


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({"titel": "a"}, "no field “titel”"),
        ({"title": "z"}, "no column “z” to map; this file has a, b"),
        ({"pages": "a"}, "Map title too"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_with_what_would(mapping: dict[str, str], reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        mapped_format(mapping, ["a", "b"])


@pytest.mark.parametrize(
    ("header", "example"),
    [
        (["著者", "棚"], "title=棚, authors=著者"),
        ([], "title=COLUMN"),
        (["a", "b"], "title=a, authors=b"),
        (["a"], "title=a"),
    ],
)
def test_the_example_of_a_mapping_can_be_typed_as_it_stands(header: list[str], example: str) -> None:
    assert example_map(header) == example


def test_the_columns_of_a_strange_file_do_no_harm_to_a_terminal() -> None:
    assert join_names(["a\x1b[31m", "b" * 100]) == f"a\ufffd[31m, {'b' * 59}…"
    assert join_names([str(number) for number in range(50)]).endswith("39 and 10 more")
