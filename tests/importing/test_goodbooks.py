from typing import Any

import pytest

from books.importing.formats.goodbooks import FORMAT, parse_title
from books.importing.reading import Row
from books.importing.rows import cleaned
from books.metadata import record

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("shortened", "isbn13"),
    [("439023483", "9780439023481"), ("61120081", "9780061120084"), ("7442912", "9780007442911")],
)
def test_an_isbn_gets_its_leading_zeros_back(shortened: str, isbn13: str) -> None:
    row = cleaned(Row(2, 0, 0, [], {"title": "A", "isbn": shortened}), FORMAT)
    assert (row.fields["isbn13"], row.dropped) == (isbn13, [])


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ("The Hobbit", {"title": "The Hobbit"}),
        ("Twilight (Twilight, #1)", {"title": "Twilight", "series": "Twilight", "series_number": "1"}),
        ("Mort (Discworld #4)", {"title": "Mort", "series": "Discworld", "series_number": "4"}),
        ("Judy Moody (Judy Moody, # 1)", {"title": "Judy Moody", "series": "Judy Moody", "series_number": "1"}),
        ("A (Day by Day,# 2)", {"title": "A", "series": "Day by Day", "series_number": "2"}),
        ("Maus (Maus, #1-2)", {"title": "Maus", "series": "Maus", "series_number": "1-2"}),
        ("Four (Divergent, #0.1 - 0.4)", {"title": "Four", "series": "Divergent", "series_number": "0.1 - 0.4"}),
        ("Swords (S, #3: Part 2 of 2)", {"title": "Swords", "series": "S", "series_number": "3: Part 2 of 2"}),
        ("End (The Selection, #0.4, 0.5)", {"title": "End", "series": "The Selection", "series_number": "0.4, 0.5"}),
        ("Ranma (Ranma (US 2nd), #1)", {"title": "Ranma", "series": "Ranma (US 2nd)", "series_number": "1"}),
        ("The Poky Puppy (A Golden Book)", {"title": "The Poky Puppy (A Golden Book)"}),
        ("Grace (Eventually): Faith #1", {"title": "Grace (Eventually): Faith #1"}),
        ("(Anonymous, #1)", {"title": "(Anonymous, #1)"}),
        ("Odd (#1)", {"title": "Odd (#1)"}),
        ("Odd :) x)", {"title": "Odd :) x)"}),
    ],
)
def test_the_series_in_a_title(written: str, fields: dict[str, Any]) -> None:
    assert parse_title(written) == fields


@pytest.mark.parametrize(
    ("inside", "further"),
    [
        ("Discworld, #1; Rincewind #1", ["Rincewind #1"]),
        ("Discworld, #1; Death, #2; Witches, #3", ["Death #2", "Witches #3"]),
        ("Discworld, #1, Moist von Lipwig #3 ", ["Moist von Lipwig #3"]),
    ],
)
def test_a_title_may_name_several_series(inside: str, further: list[str]) -> None:
    found = parse_title(f"A ({inside})")
    assert (found["series"], found["series_number"]) == ("Discworld", "1")
    assert record.more_series(found["more_series"]) == further


def test_what_is_no_series_beside_one_is_told_in_the_description() -> None:
    assert parse_title("A (Discworld, #1; large print)")["description"] == "Also: large print."
