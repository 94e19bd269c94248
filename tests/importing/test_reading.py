from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.importing.reading import MAX_LINE, Row, csv_records, csv_rows, json_rows, lines

pytestmark = pytest.mark.once

BRITTLE = st.text(st.sampled_from('ab",;\n\r\t\0心'), max_size=60)


def records(text: str, delimiter: str = ",") -> list[Row]:
    return list(csv_records(lines(BytesIO(text.encode())), delimiter))


def rows(text: str) -> list[Row]:
    header, *rest = records(text)
    return list(csv_rows(iter(rest), header.cells, ","))


def objects(text: str) -> list[Row]:
    return list(json_rows(lines(BytesIO(text.encode()))))


def test_a_row_knows_its_lines_and_the_place_after_it() -> None:
    first, second = records('a,"b\nc"\n\nd,e\n')
    assert (first.line, first.after, first.end, first.cells) == (1, 2, 8, ["a", "b\nc"])
    assert (second.line, second.after, second.end, second.cells) == (4, 4, 13, ["d", "e"])


def test_cells_stand_under_the_names_of_their_columns() -> None:
    assert rows("title,pages\nKokoro,5\n")[0].fields == {"title": "Kokoro", "pages": "5"}


def test_what_a_short_row_does_not_have_is_empty() -> None:
    (short,) = rows("a,b,c\n1\n")
    assert (short.fault, short.fields) == ("", {"a": "1", "b": "", "c": ""})


def test_empty_cells_beyond_the_header_are_none() -> None:
    (long,) = rows("a,b\n1,2,, \n")
    assert (long.fault, long.fields) == ("", {"a": "1", "b": "2"})


def test_a_row_with_a_value_beyond_the_header_is_faulty_and_keeps_its_cells() -> None:
    (long,) = rows("a,b,c\n1,2,3,4,5\n")
    assert (long.fault, long.cells) == ("The row has 5 cells and the header 3.", ["1", "2", "3,4,5"])


def test_a_cell_of_a_megabyte_is_read() -> None:
    assert len(rows(f"a,b\n1,{'x' * 1_000_000}\n")[0].fields["b"]) == 1_000_000


def test_a_line_below_the_header_is_no_row() -> None:
    assert [row.cells for row in rows("a,b\n---,:--:\n1,2\n-,-\n")] == [["1", "2"], ["-", "-"]]


def test_a_quote_that_opens_in_a_tab_delimited_file_is_text() -> None:
    found = records('a\tb\n"Hello\tAnn\nc\td\n', "\t")
    assert [row.cells for row in found] == [["a", "b"], ['"Hello', "Ann"], ["c", "d"]]


def test_the_mark_of_utf_8_between_joined_files_is_no_text() -> None:
    assert [row.cells for row in rows("a,b\n1,2\n\ufeffa,b\n\ufeff3,4\n")] == [["1", "2"], ["3", "4"]]


def test_empty_rows_and_a_header_that_comes_again_are_no_rows() -> None:
    assert [row.line for row in rows("a,b\n1,2\n,\na,b\n3,4\n")] == [2, 5]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('"a"b,c', "write it twice"),
        ("a\rb,c", "carriage return"),
        ("x" * (MAX_LINE + 1), "longer than 1 MiB"),
    ],
)
def test_a_line_that_is_no_csv_is_faulty_and_the_next_is_read(line: str, reason: str) -> None:
    bad, good = records(f"{line}\nc,d\n")
    assert reason in bad.fault
    assert (good.line, good.cells, good.fault) == (2, ["c", "d"], "")


def test_a_quote_that_never_closes_costs_its_own_line_alone() -> None:
    found = records('"a,b\nc,d\ne,"f\ng"\nh,i\n')
    assert [(row.line, row.cells, bool(row.fault)) for row in found] == [
        (1, ['"a,b'], True),
        (2, ["c", "d"], False),
        (3, ["e", "f\ng"], False),
        (5, ["h", "i"], False),
    ]


def test_a_quote_that_opens_before_megabytes_of_lines_costs_its_own_line_alone() -> None:
    found = records('a,"b\n' + f"c,{'d' * 60}\n" * 20_000)
    assert "do not close" in found[0].fault
    assert [row.line for row in found if row.fault] == [1]
    assert len(found) == 20_001


def test_a_row_of_more_than_a_megabyte_is_faulty_though_its_quotes_close() -> None:
    assert "do not close" in records(f'"{"a" * 60}\n",' * 20_000 + "b\n")[0].fault


def test_lines_that_open_a_quote_each_are_read_in_a_time_that_grows_with_their_number_alone() -> None:
    """Each line looks as if a record went on beyond it: to try anew from each would take hours."""
    found = records('a""","x""\n' * 50_000)
    assert len(found) == 50_000


@given(BRITTLE, st.sampled_from(",;\t"))
def test_whatever_the_quotes_every_line_is_in_one_row_or_blank(text: str, delimiter: str) -> None:
    found = records(text, delimiter)
    accounted = [number for row in found for number in range(row.line, row.after + 1)]
    assert accounted == sorted(set(accounted))
    blank = {line.number for line in lines(BytesIO(text.encode())) if not line.text.strip("\r\n")}
    assert {line.number for line in lines(BytesIO(text.encode()))} - set(accounted) <= blank


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read_as_rows(data: bytes) -> None:
    for reader in (lambda source: csv_records(source, ","), json_rows):
        ends = [row.end for row in reader(lines(BytesIO(data)))]
        assert ends == sorted(ends)


def test_a_json_object_is_a_row() -> None:
    (row,) = objects('\n{"title": "心", "pages": 5}\n')
    assert (row.line, row.fields) == (2, {"title": "心", "pages": 5})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON: Expecting property name"),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("[" * 200_000, "recursion"),
        ('{"pages": NaN}', "NaN is not a JSON number"),
        (f'{{"pages": {"9" * 5000}}}', "4300 digits"),
        ("x" * (MAX_LINE + 1), "longer than 1 MiB"),
    ],
)
def test_a_line_that_is_no_json_object_is_faulty_and_the_next_is_read(line: str, reason: str) -> None:
    bad, good = objects(f'{line}\n{{"title": "A"}}\n')
    assert reason in bad.fault
    assert good.fields == {"title": "A"}


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        (r'"Say \"Yes\", please",Ann', ['Say "Yes", please', "Ann"]),
        ('"The "Great" Book",Ann', ['The "Great" Book', "Ann"]),
        ('"Spaced, One", "Grub, Ann"', ["Spaced, One", "Grub, Ann"]),
    ],
)
def test_quotes_are_read_as_people_write_them(line: str, cells: list[str]) -> None:
    (row,) = csv_records(lines(BytesIO(f"{line}\n".encode())), ",")
    assert (row.cells, row.fault) == (cells, "")


def test_the_character_that_ends_a_file_of_dos_is_no_row() -> None:
    records = csv_records(lines(BytesIO(b"A,B\r\n\x1a")), ",")
    assert [row.cells for row in csv_rows(records, ["title", "authors"], ",")] == [["A", "B"]]
