from io import BytesIO

import pytest

from books.importing.reading import MAX_LINE, lines

pytestmark = pytest.mark.once


def test_lines_have_their_number_and_the_place_after_them() -> None:
    found = list(lines(BytesIO("a\n心\r\nb".encode())))
    assert [(line.number, line.end, line.text) for line in found] == [(1, 2, "a\n"), (2, 7, "心\r\n"), (3, 8, "b")]


def test_reading_goes_on_from_a_place() -> None:
    file = BytesIO(b"a\nb\nc\n")
    file.seek(2)
    assert [(line.number, line.end, line.text) for line in lines(file, 1)] == [(2, 4, "b\n"), (3, 6, "c\n")]


def test_a_line_that_is_too_long_is_known_by_its_beginning_alone() -> None:
    data = "心".encode() * MAX_LINE + b"\nafter"
    long, after = lines(BytesIO(data))
    assert (long.whole, long.number, set(long.text)) == (False, 1, {"心"})
    assert len(long.text) < 1000
    assert (after.number, after.end, after.text, after.whole) == (2, len(data), "after", True)


def test_a_line_of_the_greatest_length_is_whole() -> None:
    assert next(lines(BytesIO(b"x" * MAX_LINE + b"\n"))).whole


def test_bytes_that_became_no_text_while_we_read_are_marked() -> None:
    assert next(lines(BytesIO(b"\xff\n"))).text == "\ufffd\n"
