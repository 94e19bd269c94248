import pytest
from hypothesis import given
from hypothesis import strategies as st

from django41_example.server.shelf import Kept, Shelf

pytestmark = pytest.mark.once


def ask(shelf: Shelf[Kept], key: object) -> bool:
    """Look for the key as a request does, and put in what is missing. Whether it was there."""
    if thing := shelf.things.get(key):
        thing.is_asked = True
        return True
    shelf.put(key, Kept(10))
    return False


@given(st.integers(50, 500), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 80)), max_size=300))
def test_it_never_holds_more_than_its_capacity(capacity: int, asked: list[tuple[int, int]]) -> None:
    shelf: Shelf[Kept] = Shelf(capacity)
    for key, more in asked:
        if not ask(shelf, key):
            continue
        shelf.grow(key, shelf.things[key], more)
    held = sum(thing.size for thing in shelf.things.values())
    assert held == shelf.size <= capacity
    assert sorted(shelf.things) == sorted([*shelf.arrivals, *shelf.settled])  # type: ignore[type-var]


def test_what_is_in_use_survives_a_walk_through_everything() -> None:
    shelf: Shelf[Kept] = Shelf(1000)
    hot = [f"hot-{number}" for number in range(20)]
    for _ in range(3):
        for key in hot:
            ask(shelf, key)
    found = 0
    for number in range(10_000):
        ask(shelf, number)
        if number % 20 == 0:
            found += sum(ask(shelf, key) for key in hot)
    assert found == 20 * 500


def test_what_was_in_use_long_ago_makes_room_for_what_is_now() -> None:
    shelf: Shelf[Kept] = Shelf(200)
    for _ in range(3):
        for key in range(20):
            ask(shelf, ("old", key))
    for _ in range(30):
        for key in range(15):
            ask(shelf, ("new", key))
    assert all(ask(shelf, ("new", key)) for key in range(15))


def test_a_thing_that_is_gone_does_not_grow() -> None:
    shelf: Shelf[Kept] = Shelf(100)
    gone = Kept(10)
    shelf.put("a", gone)
    shelf.clear()
    shelf.grow("a", gone, 50)
    assert (shelf.size, gone.size) == (0, 10)
