import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.metadata import covers

pytestmark = pytest.mark.once

STYLE = (Path(__file__).parents[1] / "books/static/books/style.css").read_text()
DARK = "@media (prefers-color-scheme: dark) {"


def luminance(colour: str) -> float:
    """WCAG's relative luminance of #rrggbb."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def colours(palette: int, name: str) -> list[str]:
    """What the style sheet says for that palette: in light, and in dark where it differs."""
    return [
        found[1]
        for rule in re.findall(rf"\.cover-{palette} {{([^}}]*)}}", STYLE)
        if (found := re.search(rf"--{name}: (#[0-9a-f]{{6}})", rule))
    ]


@pytest.mark.parametrize("palette", range(covers.PALETTES))
def test_the_text_of_a_cover_can_be_read(palette: int) -> None:
    [foil] = colours(palette, "foil")
    for cloth in colours(palette, "cloth"):
        assert contrast(cloth, foil) >= 4.5


def test_every_ornament_is_drawn() -> None:
    drawn = (Path(__file__).parents[1] / "templates/_ornaments.html").read_text()
    for ornament in [*range(covers.ORNAMENTS), covers.SLIP]:
        assert f'id="ornament-{ornament}"' in drawn


def test_the_same_book_always_has_the_same_cover() -> None:
    assert covers.cover("Kokoro", ["Sōseki"]) == covers.cover("Kokoro", ["Sōseki"])


def test_a_shelf_is_of_many_colours_and_ornaments() -> None:
    shelf = {covers.thumbnail(f"Volume {number}", "")["classes"] for number in range(2000)}
    assert len(shelf) == covers.PALETTES * covers.ORNAMENTS


def test_a_short_title_is_set_large_and_a_long_one_small() -> None:
    short, long = covers.cover("Emma", []), covers.cover("On the Origin of Species by Means of Natural Selection", [])
    assert float(short["size"]) > float(long["size"])


def test_a_long_word_is_set_small_enough_for_a_line() -> None:
    assert float(covers.cover("Ivanhoe", [])["size"]) > float(covers.cover("Donaudampfschiff", [])["size"])


def test_han_and_kana_among_others_are_as_wide_as_two_letters() -> None:
    assert covers.cover("日本の近代小説をよむ 1", [])["size"] == covers.cover("x " * 11, [])["size"]


def test_a_title_in_han_or_kana_runs_from_top_to_bottom() -> None:
    assert covers.cover("吾輩は猫である", [])["ornament"] == covers.SLIP
    assert covers.cover("吾輩は猫である", [])["size"] == "17"


@pytest.mark.parametrize("title", ["1Q84 BOOK 1", "채식주의자", "こころ " * 9, "Kokoro"])
def test_other_titles_run_along_the_line(title: str) -> None:
    assert covers.cover(title, [])["ornament"] != covers.SLIP


def test_a_title_too_long_for_any_cover_is_set_in_the_smallest_type() -> None:
    assert covers.cover("interminable " * 70, [])["size"] == str(covers.SIZES[-1][0])


def test_the_first_author_is_named() -> None:
    assert covers.cover("Emma", ["Jane Austen", "Someone Else"])["author"] == "Jane Austen"
    assert covers.cover("Emma", [])["author"] == ""


def test_an_initial_is_a_letter_or_a_digit_or_a_dot() -> None:
    assert covers.thumbnail("«emma»", "")["initial"] == "E"
    assert covers.thumbnail("2666", "")["initial"] == "2"
    assert covers.thumbnail("?!", "")["initial"] == "·"


@given(st.text(min_size=1, max_size=200), st.lists(st.text(max_size=50), max_size=2))
def test_every_title_can_be_drawn(title: str, authors: list[str]) -> None:
    assert 10 <= int(covers.cover(title, authors)["size"]) <= covers.SLIP_SIZE
