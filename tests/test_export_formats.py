"""What each format of an export holds, read by the libraries of its own field."""

import csv
import io
import json
from typing import Any

import bibtexparser
import bibtexparser.middlewares as layers
import pymarc
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from books.exporting import EXPORT_FORMATS
from books.exporting.citation import person
from books.exporting.csv import table
from books.importing import source, tables
from books.importing.rows import cleaned
from books.metadata.languages import bibliographic
from books.metadata.record import COLUMNS, EMPTY, NAMES

pytestmark = pytest.mark.once

WAVES = {
    "title": "The Waves",
    "subtitle": "A {novel} & 100% more",
    "authors": ["Virginia Woolf", "World Health Organization", "夏目 漱石", "Martin Luther King Jr."],
    "topics": ["Novels", "Sea, the"],
    "isbn13": "9780306406157",
    "publisher": "Simon and Schuster",
    "published_year": 1931,
    "language": "pt-br",
    "pages": 312,
    "description": "A <b>\nline \\two~",
    "series": "S",
    "series_number": 2.5,
    "source_key": "aozora:056078",
}
KOKORO = {"title": "心", "authors": ["夏目 漱石"], "language": "ja", "published_year": -380}


def written(name: str, *books: dict[str, Any]) -> bytes:
    """The file of these books, each in a batch of its own."""
    known = EXPORT_FORMATS[name]
    file, parts = known(), []
    for pk, book in enumerate(books, 12):
        full = {**EMPTY, **book}
        cells = ["\n".join(full[field]) if field in NAMES else full[field] for field in COLUMNS]
        parts.append(file.encode([(pk, *cells, "2026-01-02")]))
    return known.header + known.separator.join(parts) + file.end()


def ris(*books: dict[str, Any]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = rispy.loads(written("ris", *books).decode())
    return entries


def test_ris_has_the_tags_of_a_book() -> None:
    [book] = ris(WAVES)
    assert book == {
        "type_of_reference": "BOOK",
        "id": "12",
        "authors": [
            "Woolf, Virginia",
            "World Health Organization",
            "夏目 漱石",
            "King, Martin Luther, Jr.",
        ],
        "title": "The Waves: A {novel} & 100% more",
        "short_title": "The Waves",
        "year": "1931",
        "publisher": "Simon and Schuster",
        "issn": "9780306406157",
        "language": "pt-BR",
        "start_page": "312",
        "tertiary_title": "S",
        "note": "2.5",  # M1
        "keywords": ["Novels", "Sea, the"],
        "abstract": "A <b> line \\two~",
    }


def test_ris_has_a_line_a_tag_that_ends_with_crlf() -> None:
    assert written("ris", {"title": "A", "description": "x\r\nER  - \n\x85y"}) == (
        b"TY  - BOOK\r\nID  - 12\r\nTI  - A\r\nAB  - x ER - y\r\nER  - \r\n\r\n"
    )


def test_ris_gives_a_year_four_digits_and_one_before_christ_as_words() -> None:
    assert [book["year"] for book in ris({"title": "A", "published_year": 850}, KOKORO)] == ["0850", "///380 BC"]


def bibtex(*books: dict[str, Any]) -> list[Any]:
    text = written("bibtex", *books).decode()
    found = bibtexparser.parse_string(text, append_middleware=[layers.SeparateCoAuthors(), layers.SplitNameParts()])  # type: ignore[attr-defined]
    assert not found.failed_blocks
    return found.entries


def test_bibtex_has_the_fields_of_a_book() -> None:
    [book] = bibtex(WAVES)
    assert (book.entry_type, book.key) == ("book", "woolf1931waves-12")
    values = {field.key: field.value for field in book.fields}
    assert [name.merge_last_name_first for name in values.pop("author")] == [
        "Woolf, Virginia",
        "{World Health Organization}",
        "{夏目 漱石}",
        "King, Jr., Martin Luther",
    ]
    assert values == {
        "title": r"{The Waves: A \textbraceleft{}novel\textbraceright{} \& 100\% more}",
        "shorttitle": "{The Waves}",
        "publisher": "{Simon and Schuster}",
        "year": "1931",
        "isbn": "9780306406157",
        "language": "pt-BR",
        "pagetotal": "312",
        "series": "{S}",
        "number": "2.5",
        "keywords": "Novels, {Sea, the}",
        "abstract": "A <b>\nline \\textbackslash{}two\\textasciitilde{}",
    }


def test_bibtex_survives_a_brace_alone_and_an_at_sign() -> None:
    [first, second] = bibtex({"title": "a { b", "authors": ["x } and y", "{"]}, {"title": "@book{x,"})
    assert (first.key, second.key) == ("xandyb-12", "book-13")


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("The Waves", "waves"),
        ("Of the Éléphant", "elephant"),
        ("The a of on the Élan", "elan"),
        ("“The” Waves", ""),
        ("L'Étranger", "letranger"),
        ("The", ""),
    ],
)
def test_a_bibtex_key_ends_in_the_first_word_of_the_title_but_articles(title: str, key: str) -> None:
    assert bibtex({"title": title})[0].key == f"book{key}-12"


def test_bibtex_keys_are_ascii_and_no_two_are_alike() -> None:
    assert [book.key for book in bibtex(KOKORO, KOKORO)] == ["book380-12", "book380-13"]


def test_csl_json_has_the_variables_of_a_book() -> None:
    assert json.loads(written("csl", WAVES, KOKORO)) == [
        {
            "id": "book-12",
            "type": "book",
            "title": "The Waves: A {novel} & 100% more",
            "title-short": "The Waves",
            "author": [
                {"family": "Woolf", "given": "Virginia"},
                {"literal": "World Health Organization"},
                {"literal": "夏目 漱石"},
                {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
            ],
            "issued": {"date-parts": [[1931]]},
            "publisher": "Simon and Schuster",
            "ISBN": "9780306406157",
            "language": "pt-BR",
            "number-of-pages": "312",
            "collection-title": "S",
            "collection-number": "2.5",
            "keyword": "Novels; Sea, the",
            "abstract": "A <b>\nline \\two~",
        },
        {
            "id": "book-13",
            "type": "book",
            "title": "心",
            "author": [{"literal": "夏目 漱石"}],
            "issued": {"date-parts": [[-380]]},
            "language": "ja",
        },
    ]


def test_csl_json_without_books_is_an_empty_list() -> None:
    assert json.loads(written("csl")) == []


def marc(*books: dict[str, Any]) -> list[str]:
    records = pymarc.parse_xml_to_array(io.BytesIO(written("marcxml", *books)))
    return [str(record).replace("\\", "#") for record in records]


def test_marcxml_has_the_fields_of_a_book() -> None:
    [record] = marc({**WAVES, "subtitle": "a novel", "description": "A <b>\nline"})
    assert record.splitlines() == [
        "=LDR       nam a22     7c 4500",
        "=001  12",
        "=008  260102s1931####xx#||||||||||||||#||por|d",
        "=020  ##$a9780306406157",
        "=035  ##$a(aozora)056078",
        "=041  ##$apor",
        "=041  #7$apt-BR$2rfc5646",
        "=100  1#$aWoolf, Virginia",
        "=710  2#$aWorld Health Organization",
        "=700  0#$a夏目 漱石",
        "=700  1#$aKing, Martin Luther$cJr.",
        "=245  10$aThe Waves$ba novel$cVirginia Woolf, World Health Organization, 夏目 漱石, Martin Luther King Jr.",
        "=264  #1$bSimon and Schuster$c1931",
        "=300  ##$a312 pages",
        "=490  0#$aS$v2.5",
        "=520  ##$aA <b>",
        "=520  ##$aline",
        "=650  #4$aNovels",
        "=650  #4$aSea, the",
    ]


@pytest.mark.parametrize(
    ("title", "language", "skipped"),
    [
        ("The Waves", "en", "4"),
        ("“The Waves”", "en", "5"),
        ("L'Étranger", "fr", "2"),
        ("Die Räuber", "de", "4"),
        ("Die Hard", "en", "0"),
        ("心", "ja", "0"),
    ],
)
def test_marcxml_says_how_many_characters_of_a_title_are_not_filed(title: str, language: str, skipped: str) -> None:
    assert f"=245  0{skipped}$a" in marc({"title": title, "language": language})[0]


def test_marcxml_leaves_out_what_xml_forbids() -> None:
    assert "=245  00$aA\n" in marc({"title": "A\x0b\ufffe"})[0]


def test_a_year_before_christ_is_a_date_of_its_own_kind_in_marc() -> None:
    record = marc(KOKORO)[0]
    assert "=008  260102b########xx#" in record
    assert "$c380 BC" in record


def test_goodreads_has_its_columns_and_what_a_catalogue_knows() -> None:
    header, row = written("goodreads", {**WAVES, "source_key": "goodreads:5"}).decode().splitlines()
    assert header == (
        "Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,Binding,"
        "Number of Pages,Year Published,Original Publication Year,Date Read,Date Added,Bookshelves,"
        "Bookshelves with positions,Exclusive Shelf,My Review,Spoiler,Private Notes,Read Count,Owned Copies"
    )
    assert row == (
        '5,"The Waves: A {novel} & 100% more (S, #2.5)",Virginia Woolf,"Woolf, Virginia","World Health Organization, '
        '夏目 漱石, Martin Luther King Jr.","=""0306406152""","=""9780306406157""",,,Simon and Schuster,,312,,1931,,'
        '2026/01/02,"novels, sea-the",,,,,,,'
    )


@given(rows=st.lists(st.lists(st.none() | st.integers() | st.text('a ",\r\n\t'), min_size=2, max_size=2), min_size=1))
def test_a_table_is_quoted_as_the_csv_module_does(rows: list[list[Any]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    assert table(list(zip(*rows, strict=True))).decode() == buffer.getvalue()


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names}


def test_a_workbook_has_the_columns_of_our_csv_and_text_as_text() -> None:
    [(name, [header, row, formula])] = sheets(written("xlsx", WAVES, {"title": "=1+1", "subtitle": "_x0041_"})).items()
    assert (name, header) == ("Books", list(COLUMNS))
    assert row == [
        "aozora:056078",
        "The Waves",
        "A {novel} & 100% more",
        "Virginia Woolf; World Health Organization; 夏目 漱石; Martin Luther King Jr.",
        "9780306406157",
        "Simon and Schuster",
        1931,
        "pt-br",
        312,
        "A <b>\nline \\two~",
        "Novels; Sea, the",
        "S",
        2.5,
        "",
        "",
        "",
    ]
    assert formula[1:3] == ["=1+1", "_x0041_"]


def test_an_apostrophe_before_a_formula_comes_back_from_a_workbook_and_from_goodreads_csv() -> None:
    for name, title in (("xlsx", "'=x"), ("xlsx", "=x"), ("goodreads", "'=x"), ("goodreads", "=x")):
        with source.opened(io.BytesIO(written(name, {"title": title, "authors": ["@Ann"]}))) as opened:
            table = tables.opened(opened, {})
            (row,) = table.rows(table.start, table.before)
            found = cleaned(row, table.format).fields
        assert (found["title"], found["authors"]) == (title, ["@Ann"])


def test_a_workbook_without_books_has_the_header() -> None:
    assert sheets(written("xlsx")) == {"Books": [list(COLUMNS)]}


def test_what_a_sheet_cannot_hold_is_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("books.exporting.xlsx.MAX_ROWS", 3)
    found = sheets(written("xlsx", *({"title": str(number)} for number in range(5))))
    assert {name: [row[1] for row in rows] for name, rows in found.items()} == {
        "Books": ["title", "0", "1"],
        "Books 2": ["title", "2", "3"],
        "Books 3": ["title", "4"],
    }


def test_a_workbook_that_is_given_up_leaves_nothing_open() -> None:
    file = EXPORT_FORMATS["xlsx"]()
    file.encode([(1, *({**EMPTY, "title": "A", **dict.fromkeys(NAMES, "")}.values()), "2026-01-02")])
    file.close()
    file.close()


@pytest.mark.parametrize(
    ("name", "language", "parts"),
    [
        ("Virginia Woolf", "en", ("Woolf", "Virginia")),
        ("Woolf, Virginia", "en", ("Woolf", "Virginia")),
        ("Ludwig van Beethoven", "de", ("Beethoven", "Ludwig van")),
        ("Фёдор Достоевский", "ru", ("Достоевский", "Фёдор")),
        ("Plato", "el", None),
        ("夏目 漱石", "ja", None),
        ("김 소월", "ko", None),
        ("Krasznahorkai László", "hu", None),
        ("Natsume, Sōseki", "ja", ("Natsume", "Sōseki")),
        ("Francis of Assisi", "en", None),
        ("World Health Organization", "", None),
        ("Smith & Sons", "", None),
        ("2 Live Crew", "", None),
    ],
)
def test_a_name_is_parted_only_where_that_is_certain(name: str, language: str, parts: tuple[str, ...] | None) -> None:
    found = person(name, language)
    assert (tuple(filter(None, found)) if found else None) == parts


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        *(("de", "ger"), ("pt-br", "por"), ("zh", "chi"), ("ro", "rum"), ("he", "heb"), ("id", "ind")),
        *(("sr", "srp"), ("hr", "hrv"), ("tl", "tgl"), ("grc", "grc"), ("mul", "mul"), ("", "")),
    ],
)
def test_library_records_have_codes_of_their_own_for_languages(tag: str, code: str) -> None:
    assert bibliographic(tag) == code
