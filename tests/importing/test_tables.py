from collections.abc import Mapping
from io import BytesIO

import pytest

from books.importing.encoding import UnreadableFile
from books.importing.reading import MAX_LINE
from books.importing.source import Source
from books.importing.tables import Table, opened

pytestmark = pytest.mark.once


def table(text: str, mapping: Mapping[str, str | list[str]] = {}, format_name: str = "") -> Table:
    return opened(Source(BytesIO(text.encode())), mapping, format_name)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_are_told_apart_by_comma_semicolon_or_tab(delimiter: str) -> None:
    found = table(f"title{delimiter}authors\n心{delimiter}漱石\n")
    assert (found.format.name, found.header) == ("csv", ["title", "authors"])
    assert next(found.rows(found.start, found.before)).fields == {"title": "心", "authors": "漱石"}


def test_a_header_may_come_after_blank_lines_and_in_spaces() -> None:
    assert table("\n\n title , pages \nA,5\n").header == ["title", "pages"]


CELLS = {"'=1+1": "=1+1", "''@x": "'@x", "'\tx": "\tx", "'＝x": "＝x", "'Salem’s Lot": "'Salem’s Lot", "=x": "=x"}


def titles(header: str, row: str, **mapping: str) -> list[str]:
    """The cells above, as a column of a file is read."""
    text = header + "".join(row.format(cell) for cell in CELLS)
    found = table(text, mapping)
    return [found.format.read(row.fields)[0]["title"] for row in found.rows(found.start, found.before)]


@pytest.mark.parametrize(
    ("header", "row"), [("source_key,title\n", "x,{}\n"), ("title,line,field,reason\n", "{},2,title,x\n")]
)
def test_what_we_put_before_a_formula_is_taken_off_once(header: str, row: str) -> None:
    assert titles(header, row) == list(CELLS.values())


def test_what_we_put_before_a_formula_is_taken_off_the_header_too() -> None:
    assert titles("'=t,line,field,reason\n", "{},2,title,x\n", title="=t") == list(CELLS.values())


def test_an_apostrophe_of_others_is_text() -> None:
    assert titles("title,authors\n", "{},x\n") == list(CELLS)
    assert titles("'=t,authors\n", "{},x\n", title="'=t") == list(CELLS)


def raw(found: Table) -> list[dict[str, str]]:
    return [dict(row.fields) for row in found.rows(found.start, found.before)]


def test_a_column_without_a_name_has_one_if_there_is_something_in_it() -> None:
    found = table(",title,,pages,,\n7,A,,5,lent,\n8,B,,6,,\n")
    assert found.header == ["Column 1", "title", "", "pages", "Column 5"]
    assert found.unused == ["Column 1", "Column 5"]


def test_a_table_without_a_header_is_asked_for_its_columns_and_loses_no_row() -> None:
    text = "Emma;Austen;9780141439587\nDune;Herbert;9780441172719\n"
    with pytest.raises(UnreadableFile, match="title=Column 1"):
        table(text)
    found = table(text, {"title": "Column 1", "authors": "Column 2"})
    assert [row["Column 1"] for row in raw(found)] == ["Emma", "Dune"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_an_isbn_in_each_row_makes_no_list_of_isbns_of_a_table(delimiter: str) -> None:
    with pytest.raises(UnreadableFile, match="no names of columns"):
        table(delimiter.join(["Emma", "Austen", "9780141439587"]) + "\n")


def test_a_person_can_say_that_a_table_has_no_header() -> None:
    found = table("Emma,Austen\nDune,Herbert\n", {"title": "Column 1"}, "nameless")
    assert raw(found) == [{"Column 1": "Emma", "Column 2": "Austen"}, {"Column 1": "Dune", "Column 2": "Herbert"}]


def test_lines_that_a_program_quoted_as_a_whole_are_read() -> None:
    found = table('"Title,""Author"",Year"\n"Emma,""Austen, Jane"",1815"\n')
    assert raw(found) == [{"Title": "Emma", "Author": "Austen, Jane", "Year": "1815"}]


def test_lines_that_begin_with_a_brace_are_json() -> None:
    found = table('\n{"title": "心"}\n')
    assert [row.fields for row in found.rows(found.start, found.before)] == [{"title": "心"}]


def test_rows_can_be_read_from_any_place_on() -> None:
    found = table("title\nA\nB\nC\n")
    first = next(found.rows(found.start, found.before))
    assert [(row.line, row.cells) for row in found.rows(first.end, first.after)] == [(3, ["B"]), (4, ["C"])]


def test_a_format_can_be_named_where_the_columns_do_not_tell() -> None:
    assert table("title,colour\nA,red\n", format_name="csv").format.name == "csv"
    assert table("broken\n", format_name="jsonl").format.name == "jsonl"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" \n\n", "nothing but blank lines"),
        ("\n" * 10_001 + "title\nA\n", "nothing but blank lines"),
        ("x" * (MAX_LINE + 1), "longer than 1 MiB"),
        ('"title"x,authors\n', "header in line 1 cannot be read"),
        ("title,title\n", "two columns title"),
        ("Bezeichnung;Wer\n", "No known format has these columns: Bezeichnung, Wer.*title=Bezeichnung"),
    ],
)
def test_what_is_no_list_of_books_is_refused_with_advice(text: str, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        table(text)


def test_a_format_that_lacks_its_columns_is_refused_with_them() -> None:
    with pytest.raises(UnreadableFile, match="This is not aozora: it has no column 作品ID, 作品名, 翻訳者名等"):
        table("著者名\n", format_name="aozora")


def test_the_names_in_json_lines_can_be_mapped() -> None:
    found = table('{"label": "A"}\n', {"title": "label"})
    assert [found.format.read(row.fields)[0] for row in found.rows(found.start, found.before)] == [{"title": "A"}]


def test_a_line_of_a_hundred_thousand_columns_is_refused_before_their_names_are_compared() -> None:
    with pytest.raises(UnreadableFile):
        table(",".join(["title"] * 100_000) + "\nA\n")


def test_of_several_columns_that_are_mapped_the_first_that_is_not_empty_is_taken() -> None:
    found = table("a,b,c\nKokoro,,0306406152\n", {"title": "a", "isbn13": ["b", "c"]})
    (row,) = found.rows(found.start, found.before)
    assert found.format.read(row.fields)[0] == {"title": "Kokoro", "isbn13": "0306406152"}
