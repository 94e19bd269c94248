import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.importing.seen_books import Numbers, SeenBooks

pytestmark = pytest.mark.once

numbers = st.sets(st.integers(0, 2**40), max_size=30)


@given(numbers, numbers)
def test_it_holds_what_was_put_in_and_nothing_else(first: set[int], second: set[int]) -> None:
    held = Numbers().union(first).union(second)
    assert {number for number in first | second | {number + 1 for number in first} if number in held} == first | second


@given(numbers)
def test_it_comes_back_from_json(held: set[int]) -> None:
    seen = SeenBooks(Numbers().union(held), Numbers())
    back = SeenBooks.from_json(json.loads(json.dumps(seen.as_json())))
    assert all(number in back.books and number not in back.foreign for number in held)


def test_adding_to_it_leaves_the_earlier_one_as_it_was() -> None:
    earlier = Numbers().union([1])
    assert 2 in earlier.union([2])
    assert 2 not in earlier


def test_a_million_neighbours_are_little_in_a_checkpoint() -> None:
    assert len(json.dumps(Numbers().union(range(1_000_000)).as_json())) < 5000
