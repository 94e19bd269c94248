"""Spreadsheets and JSON over many lines, as an import reads them."""

import base64
import io
import json
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from select import select
from subprocess import PIPE, Popen
from typing import Any

import pytest

from books.importing import source, tables
from books.importing.containers import sheet
from books.importing.encoding import UnreadableFile
from books.importing.preview import preview

pytestmark = pytest.mark.once

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OF_DOCUMENTS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OF_PACKAGES = "http://schemas.openxmlformats.org/package/2006"
OF_ODS = ("office", "table", "text")
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def cell(name: str, value: object) -> str:
    if isinstance(value, str):
        return f'<c r="{name}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{name}"><v>{value}</v></c>'


def xlsx(sheets: Mapping[str, Mapping[str, object]], merged: str = "") -> io.BytesIO:
    """A workbook of the cells of its sheets: {"Books": {"A1": "title"}}."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{OF_PACKAGES}/content-types">'
            f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{OF_PACKAGES}/relationships"><Relationship Id="r1" '
            f'Type="{OF_DOCUMENTS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OF_DOCUMENTS}"><sheets>{names}</sheets></workbook>'
        )
        links = "".join(
            f'<Relationship Id="r{n}" Type="{OF_DOCUMENTS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{OF_PACKAGES}/relationships">{links}</Relationships>'
        )
        merges = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
        for n, cells in enumerate(sheets.values(), 1):
            rows = {name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for name in cells}
            by_row = {
                row: [cell(*each) for each in cells.items() if each[0].endswith(row)] for row in sorted(rows, key=int)
            }
            body = "".join(f'<row r="{row}">{"".join(found)}</row>' for row, found in by_row.items())
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData>{merges}</worksheet>',
            )
    file.seek(0)
    return file


def fields(file: io.BytesIO) -> list[tuple[int, dict[str, Any]]]:
    """The number of each row, and the raw fields that it gives."""
    with source.opened(file) as text:
        table = tables.opened(text, {})
        return [(row.line, table.format.read(row.fields)[0]) for row in table.rows(table.start, table.before)]


def json_file(value: object, indent: int | None = None) -> io.BytesIO:
    return io.BytesIO(json.dumps(value, indent=indent).encode())


def test_a_row_of_a_sheet_has_the_number_that_people_see() -> None:
    cells = {"A2": "My books", "A4": "Title", "B4": "ISBN", "A5": "Kokoro", "B5": 9784101010014.0}
    assert fields(xlsx({"Books": cells})) == [(5, {"title": "Kokoro", "isbn13": "9784101010014"})]


def test_the_sheet_that_looks_like_a_list_of_books_is_taken() -> None:
    sheets = {"Notes": {"A1": "Remember"}, "Books": {"A1": "Titel", "B1": "Autor", "A2": "Faust", "B2": "Goethe"}}
    assert fields(xlsx(sheets)) == [(2, {"title": "Faust", "authors": ["Goethe"]})]


def test_sheets_with_the_same_columns_are_one_list() -> None:
    first = {"A1": "Books A-K", "A2": "Title", "B2": "Author", "A3": "Emma", "B3": "Austen"}
    second = {"A1": "Books L-Z", "A2": "Title", "B2": "Author", "A3": "Sula", "B3": "Morrison"}
    assert [found["title"] for _, found in fields(xlsx({"A-K": first, "L-Z": second}))] == ["Emma", "Sula"]


def test_another_list_in_a_workbook_is_named_and_not_read() -> None:
    books = {"A1": "Title", "B1": "Author", "C1": "Year", "A2": "Emma"}
    lent = {"A1": "Title", "B1": "Language", "A2": "Sula"}
    with source.opened(xlsx({"Books": books, "Lent": lent, "Notes": {"A1": "Remember"}})) as text:
        table = tables.opened(text, {})
        book, other = table.rows(table.start, table.before)
    assert (book.fields["Title"], book.fault) == ("Emma", "")
    assert "“Lent” has other columns" in other.fault


def xlsb(sheets: Mapping[str, str], rows: Sequence[Sequence[str]]) -> io.BytesIO:
    """A binary workbook of sheets, each with its kind; the rows are in its worksheet."""

    def record(kind: int, data: bytes = b"") -> bytes:
        code = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        return code + bytes([len(data)]) + data

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    body = record(0x81) + record(0x94, struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1)) + record(0x91)
    for number, row in enumerate(rows):
        body += record(0, struct.pack("<I", number) + bytes(21))
        body += b"".join(record(6, struct.pack("<2I", place, 0) + text(value)) for place, value in enumerate(row))
    names = [record(0x9C, struct.pack("<2I", 0, n) + text(f"r{n}") + text(name)) for n, name in enumerate(sheets, 1)]
    links = "".join(
        f'<Relationship Id="r{n}" Type="{OF_DOCUMENTS}/{kind}" Target="{kind}s/sheet1.bin"/>'
        for n, kind in enumerate(sheets.values(), 1)
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{OF_PACKAGES}/content-types"/>')
        archive.writestr("xl/workbook.bin", record(0x83) + record(0x8F) + b"".join(names) + record(0x90) + record(0x84))
        archive.writestr(
            "xl/_rels/workbook.bin.rels", f'<Relationships xmlns="{OF_PACKAGES}/relationships">{links}</Relationships>'
        )
        archive.writestr("xl/chartsheets/sheet1.bin", record(0x81) + record(0x82))
        archive.writestr("xl/worksheets/sheet1.bin", body + record(0x92) + record(0x82))
    file.seek(0)
    return file


def test_a_chart_costs_a_binary_workbook_no_list() -> None:
    file = xlsb({"Chart": "chartsheet", "Books": "worksheet"}, [["Title", "Author"], ["Emma", "Jane Austen"]])
    assert fields(file) == [(2, {"title": "Emma", "authors": ["Jane Austen"]})]


def with_sheet(xml: str) -> io.BytesIO:
    """A workbook whose sheet is written in another way than programs do."""
    made, file = xlsx({"Books": {"A1": "title"}}), io.BytesIO()
    with zipfile.ZipFile(made) as plain, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in plain.namelist():
            is_sheet = name.endswith("sheet1.xml")
            archive.writestr(name, f'<worksheet xmlns="{MAIN}">{xml}</worksheet>' if is_sheet else plain.read(name))
    file.seek(0)
    return file


def ods(rows: str) -> io.BytesIO:
    file, names = io.BytesIO(), {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in OF_ODS}
    declared = " ".join(f'xmlns:{name}="{urn}"' for name, urn in names.items())
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        body = f'<office:spreadsheet><table:table table:name="Books">{rows}</table:table></office:spreadsheet>'
        archive.writestr("content.xml", f"<office:document {declared}>{body}</office:document>")
    file.seek(0)
    return file


def ods_cell(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def repeated(kind: str, number: int) -> str:
    return f'table:number-{kind}-repeated="{number}"'


# A workbook of an old Excel: 5,632 bytes with a title in its first cell, and an "x" in the last that there can be.
OLD_EXCEL = zlib.decompress(
    base64.b85decode(
        r"c-rk)J!lkB5dPj~FZV-o*^3t;Cxjzl%wHomHpwOdO=XBSiU@i!CxjdqS+0mSM&p%&kSZZfAdOAb#{WV)3n8L~AP9F_S_ujk$*nW9"
        r"yX2xNa$rId-nYDYv-4*5&ECwLz4zX)CQ3_>Q)T>xe$=7jMp0iSQ`DltjRhKaU1ozmLe16KSBOR^ko6(FY<w5y7;?PJF!0EHLlpQ*"
        r"?GmnIWGbIc?;?i8hm2w$`iLqlk|d5+@v2$qRiTH3J`~MYLI*^0PiP<MmefV8+9Ta3{Vcv<w98l={M@Hv^I0Uv(So;}#kcM&Pd9`?"
        r"XCjl^n*(iT1C~K?8_wplP9|4Ek^;DlUv3)s8LZUTX)WJfxdO?5Z<dF*kk1(=Fa!6BBzTdE>x()sz|(6;fq8BrpfFL$WhwZBbbl@5"
        r"#JCd6%C$DF+(yah2BPC=5<Ve$ZBcDrd+_7KnXys(vPfp6T6;D9D7yg{x7mV><5l&ZNw-+^2)!duJtBNcXp;P+zGJk-XHL(G&RrSp"
        r"pm|ORKHA5s_)g-B-_Jg4D}J-Ph+i2l-%PH2vX{_KKf^fL^EHcJ)vFff8PDyYSN{6{BDD3NS`aZT-+$MCktVDoCTv0|Yp5+WlxQel"
        r"L%wQiL&G#;{C)E@ru&U%JmKl6-fSQS4Gj$q4Gj$q4UN4E{;zBJ`wY|DYsgL_?4RqbQ>*A>k^_r#n4+sd8`D$BQ}5tLP5E;eAr(AJ"
        r"ZPO+=FJzpj*&R$`O#GOvIe%#<sH)#*+lJQvTSB$YU#Z2<9iIOWXxGAM"
    )
)
TOO_MUCH = {
    "cells at the corners": xlsx({"Books": {"A1": "title", "XFD1048576": "x"}}),
    "cells at the corners, in an old Excel": io.BytesIO(OLD_EXCEL),
    "repeated text": ods(
        f"<table:table-row>{ods_cell('x' * 10_000, repeated('columns', 1_000_000))}</table:table-row>"
    ),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_small_file_that_asks_for_all_memory_is_refused(what: str) -> None:
    with pytest.raises(UnreadableFile, match="too much memory or time to read: save it as CSV"):
        fields(TOO_MUCH[what])


def test_a_row_that_is_too_long_is_refused() -> None:
    row = ods_cell("x" * 100_000, repeated("columns", 100))
    with pytest.raises(UnreadableFile, match="too much memory"):
        fields(ods(f"<table:table-row>{row}</table:table-row>"))


@pytest.mark.parametrize("rows", [0, 2])
def test_no_process_is_left_of_a_sheet(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Popen[bytes]] = []
    monkeypatch.setattr(sheet, "Popen", lambda *args, **options: started.append(Popen(*args, **options)) or started[0])  # type: ignore[func-returns-value, arg-type]
    with source.opened(xlsx({"Books": {"A1": "title", "A2": "Kokoro", "A3": "Faust", "A99": "Emma"}})) as opened:
        table = tables.opened(opened, {})  # kept, as by a traceback
        found = [row.cells for row in islice(table.rows(table.start, table.before), rows)]
        assert started[0].returncode is None
    assert started[0].returncode is not None
    assert found == [["Kokoro"], ["Faust"]][:rows]


KILLED = """
import sys
import django
django.setup()
from books.importing.containers import sheet
sheet.check.set(lambda: print("it waits", flush=True))
next(sheet.records(sys.stdin.buffer))
"""


def test_no_process_is_left_when_the_one_that_reads_a_sheet_is_killed(tmp_path: Path) -> None:
    slow = tmp_path / "slow.xlsx"
    slow.write_bytes(with_sheet("<x/>" * 30_000_000).getvalue())  # the library takes 17 seconds of processor time
    with slow.open("rb") as file, Popen([sys.executable, "-c", KILLED], stdin=file, stdout=PIPE) as reading:
        assert reading.stdout
        assert [reading.stdout.readline() for _ in range(3)] == [b"it waits\n"] * 3
        (reader,) = Path(f"/proc/{reading.pid}/task/{reading.pid}/children").read_text().split()
        reader_ends = os.pidfd_open(int(reader))
        reading.kill()
    ended, *_ = select([reader_ends], [], [], 5)
    os.close(reader_ends)
    assert ended


def test_cells_that_do_not_say_where_they_are_follow_one_another() -> None:
    title, author, a, b = (f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ("Title", "Author", "A", "B"))
    found = fields(with_sheet(f"<sheetData><row>{title}{author}</row><row>{a}{b}</row></sheetData>"))
    assert found == [(2, {"title": "A", "authors": ["B"]})]


def test_an_open_document_may_end_with_rows_and_columns_that_are_empty() -> None:
    head, row = (f"{ods_cell(text)}<table:table-cell {repeated('columns', 16_383)}/>" for text in ("Title", "Kokoro"))
    rows = f"<table:table-row>{head}</table:table-row><table:table-row>{row}</table:table-row>"
    rest = f"<table:table-row {repeated('rows', 1_048_574)}><table:table-cell {repeated('columns', 16_384)}/>"
    assert fields(ods(f"{rows}{rest}</table:table-row>")) == [(2, {"title": "Kokoro"})]


def test_a_cell_that_is_merged_with_those_below_counts_for_each_row() -> None:
    cells = {"A1": "Author", "B1": "Title", "A2": "Jane Austen", "B2": "Emma", "B3": "Persuasion", "B4": "Nana"}
    assert [row.get("authors", []) for _, row in fields(xlsx({"Books": cells}, merged="A2:A3"))] == [
        ["Jane Austen"],
        ["Jane Austen"],
        [],
    ]


def test_merged_cells_count_in_a_list_that_begins_in_a_further_column() -> None:
    cells = {"C3": "Author", "D3": "Title", "C4": "Jane Austen", "D4": "Emma", "D5": "Persuasion"}
    assert [row["authors"] for _, row in fields(xlsx({"Books": cells}, merged="C4:C5"))] == [["Jane Austen"]] * 2


def test_empty_cells_that_are_merged_beside_the_list_change_nothing() -> None:
    cells = {"B3": "Author", "C3": "Title", "B4": "Jane Austen", "C4": "Emma", "C5": "Persuasion"}
    for merged in ("E3:F5", "B1:C2", "A3:A5"):
        found = fields(xlsx({"Books": cells}, merged=merged))
        assert [(number, row["title"], row.get("authors", [])) for number, row in found] == [
            (4, "Emma", ["Jane Austen"]),
            (5, "Persuasion", []),
        ]


def test_a_zip_archive_that_is_no_spreadsheet_is_to_be_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("books.csv", "title\nKokoro\n")
    with pytest.raises(UnreadableFile, match="unpack it"):
        fields(file)


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100])
def test_a_damaged_spreadsheet_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="save it again, or as CSV"):
        fields(io.BytesIO(data))


@pytest.mark.parametrize(
    "value",
    [
        [{"title": "A"}, {"title": "B"}],
        {"books": [{"title": "A"}, {"title": "B"}]},
        {"7": {"title": "A"}, "9": {"title": "B"}},
        {"version": 2, "books": [{"title": "A"}, {"title": "B"}]},
        [{"shelf": 1, "book": {"title": "A"}}, {"shelf": 2, "book": {"title": "B"}}],
        [["title"], ["A"], ["B"]],
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_objects_are_read_from_json_however_they_stand_in_it(value: object, indent: int | None) -> None:
    assert [found["title"] for _, found in fields(json_file(value, indent))] == ["A", "B"]


def test_one_object_over_several_lines_is_one_book() -> None:
    assert fields(json_file({"title": "A", "pages": 5}, indent=2)) == [(1, {"title": "A", "pages": 5})]


@pytest.mark.parametrize("text", ['[{"title": "A"}, {"ti', '[{"title": NaN}]', "[" * 100_000, '[{"a" 1}]'])
def test_json_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UnreadableFile, match="JSON"):
        fields(io.BytesIO(text.encode()))


def test_a_file_that_is_damaged_after_many_books_costs_what_follows_alone() -> None:
    text = json.dumps([{"title": str(number)} for number in range(30)])[:-1] + ', {"ti'
    with source.opened(io.BytesIO(text.encode())) as opened:
        table = tables.opened(opened, {})
        *whole, damaged = table.rows(table.start, table.before)
    assert [row.fields["title"] for row in whole] == list(map(str, range(30)))
    assert (damaged.line, damaged.fault) == (31, "This is not JSON: Unterminated string starting at, in object 31.")


def test_a_preview_says_what_a_file_is_taken_for() -> None:
    file = io.BytesIO("Verzeichnis;\nTitel;Jahr;Farbe\nFaust;1808;rot\n".encode("utf-8-sig"))
    found = preview(file)
    assert (found.encoding, found.format) == ("utf-8", "table")
    assert (found.header, found.rows) == (["Titel", "Jahr", "Farbe"], [["Faust", "1808", "rot"]])
    assert found.mapping == {"title": "Titel", "published_year": "Jahr"}


def test_a_preview_shows_the_names_in_json_and_not_its_braces() -> None:
    book = {"title": "Emma", "authors": [{"name": "Jane Austen", "role": ""}]}
    assert preview(io.BytesIO(json.dumps([book]).encode())).rows == [["Emma", "Jane Austen"]]


def test_a_preview_shows_the_first_lines_in_each_encoding_where_it_is_not_clear() -> None:
    found = preview(io.BytesIO("title\n心\n".encode("cp932")))
    assert (found.encoding, found.candidates["cp932"]) == ("", ["心"])


def rows_of(names: Sequence[str]) -> io.BytesIO:
    return io.BytesIO((",".join(names) + "\n" + ",".join("x" for _ in names) + "\n").encode())


@pytest.mark.parametrize(
    "names",
    [
        ["TITLE", "Author(s)", "ISBN-13", "Year Published"],
        ["Titel", "Verfasser", "ISBN", "Erscheinungsjahr"],
        ["Titre", "Auteur", "ISBN", "Année de publication"],
        ["Título", "Autor", "ISBN", "Año de publicación"],
        ["Titolo", "Autore", "ISBN", "Anno"],
        ["Título", "Autores", "ISBN", "Ano de publicação"],
        ["Titel", "Schrijver", "ISBN", "Jaar"],
        ["Titel", "Författare", "ISBN", "Utgivningsår"],
        ["Tytuł", "Autor", "ISBN", "Rok wydania"],
        ["Название", "Автор", "ISBN", "Год издания"],
        ["書名", "著者名", "ISBN", "出版年"],
        ["书名", "作者", "ISBN", "出版日期"],
        ["제목", "저자", "ISBN", "출간일"],
        ["Book's title", "Author name", "Publisher's Name", "No. of pages"],
        ["bookTitle", "authorName", "publisherName", "pageCount"],
        ["Název knihy", "Jméno autora", "Nakladatel", "Počet stran"][::2],
        ["Kirjan nimi", "Kirjailija", "Sivuja"],
        ["Nombre del libro", "Autor", "N.º de páginas"],
        ["書籍名", "著者名", "出版社名", "ページ数"],
        ["도서명", "저자명", "출판사명", "페이지수"],
        ["Название книги", "Автор", "Кол-во страниц"],
    ],
)
def test_columns_are_known_by_what_people_call_them(names: list[str]) -> None:
    assert {*preview(rows_of(names)).mapping.values()} == {*names}


@pytest.mark.parametrize(
    "names",
    [["Title", "Number of Volumes"], ["Title", "File name"], ["Title", "Number of authors"], ["Title", "Year read"]],
)
def test_a_column_of_something_else_is_not_taken_for_a_field(names: list[str]) -> None:
    assert [*preview(rows_of(names)).uses] == names[:1]


def test_lists_in_json_are_shown_as_people_read_them() -> None:
    people = '[["Franz Kafka", "", "Kafka, Franz"], ["Willa Muir", "trl"]]'
    found = preview(io.BytesIO(f'{{"title": "A", "topics": ["x", "y"], "People": {people}}}\n'.encode()))
    assert found.rows == [["A", "x; y", "Franz Kafka, Kafka, Franz; Willa Muir, trl"]]
