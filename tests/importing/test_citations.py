"""RIS, BibTeX and CSL-JSON, as reference managers write them, and the OPF of e-books."""

import io
import json
import zipfile
from collections.abc import Iterator
from decimal import Decimal

import pytest

from books.importing import source, tables
from books.importing.containers import opf
from books.importing.containers.citations import expand_strings, plain
from books.importing.encoding import UnclearEncoding, UnreadableFile
from books.importing.rows import CleanRow, cleaned

pytestmark = pytest.mark.once


def read(file: str | bytes) -> list[CleanRow]:
    return list(_read(file.encode() if isinstance(file, str) else file))


def _read(data: bytes) -> Iterator[CleanRow]:
    with source.opened(io.BytesIO(data)) as opened:
        table = tables.opened(opened, {})
        for row in table.rows(table.start, table.before):
            yield cleaned(row, table.format)


RIS = """TY  - BOOK
AU  - Cortázar, Julio
A4  - Bataillon, Laure
TI  - Marelle
T2  - Du monde entier
VL  - 3
PB  - Gallimard
PY  - 1979/05//
SN  - 978-0-306-40615-7 (pbk)
SP  - 590
KW  - roman
KW  - jeu; espagnol
N2  - Une marelle
LA  - fr
ER  -

"""


def test_a_book_in_ris_has_its_pages_and_its_series_under_the_tags_of_an_article() -> None:
    (found,) = read(RIS)
    assert found.fields == {
        "title": "Marelle",
        "authors": ["Julio Cortázar"],
        "isbn13": "9780306406157",
        "publisher": "Gallimard",
        "published_year": 1979,
        "language": "fr",
        "pages": 590,
        "description": "Une marelle",
        "topics": ["roman", "jeu", "espagnol"],
        "series": "Du monde entier",
        "series_number": Decimal("3.00"),
        "contributors": ["Laure Bataillon (translator)"],
    }
    assert found.dropped == []


def test_an_article_in_ris_has_no_series_pages_and_isbn() -> None:
    article = "TY - JOUR\nT1 - An article\nover two lines\nT2 - Journal\nVL - 3\nSP - 12\nSN - 1234-5678\nER -\n"
    (found,) = read(article)
    assert found.fields == {"title": "An article over two lines"}
    assert found.dropped == []


def test_a_text_over_several_lines_is_one_also_after_a_tag_that_stands_twice() -> None:
    start = "TY  - BOOK\nTI  - A title\nover two lines\nPY  - 1999\nPY  - 1999\n"
    (found,) = read(f"{start}further text\nER  - \n")
    assert found.fields["title"] == "A title over two lines"


def test_keywords_in_ris_may_each_have_a_line_after_their_tag() -> None:
    (found,) = read("TY  - BOOK\nTI  - A title\nKW  - tea ceremony\ngardens\nteahouses\nER  - \n")
    assert found.fields["topics"] == ["tea ceremony", "gardens", "teahouses"]


def test_ris_records_are_counted_and_a_missing_end_costs_none() -> None:
    found = read(RIS + "TY  - BOOK\nTI  - Second\nTY  - BOOK\nTI  - Third\n")
    assert [(row.row.line, row.fields["title"]) for row in found] == [(1, "Marelle"), (2, "Second"), (3, "Third")]


def test_what_is_behind_the_longest_record_that_ris_may_have_is_left_out() -> None:
    notes = f"ZZ  - {'x' * 50_000}\n" * 6
    found = read(f"TY  - BOOK\nTI  - First\n{notes}PB  - Late\nER  - \nTY  - BOOK\nTI  - Second\nPB  - Early\nER  - \n")
    assert [row.fields for row in found] == [{"title": "First"}, {"title": "Second", "publisher": "Early"}]


BIBTEX = r"""% from JabRef
@string{spr = "Springer Verlag"}
@comment{none}
@book{knuth:ta,
  author = {Knuth, Donald E. and {World Health Organization} and von Beethoven, Ludwig and M{\"u}ller, Hans},
  title = {The {TeX}book: {\'E}tude \& more},
  publisher = spr, year = 1984, isbn = {0-306-40615-2},
  series = {Computers}, number = {7}, keywords = {tex, typesetting},
  translator = {Doe, Jane}, pagetotal = {483}, abstract = {It costs $5.}
}
"""


def test_a_book_in_bibtex_is_read_without_its_latex() -> None:
    (found,) = read(BIBTEX)
    assert found.fields == {
        "title": "The TeXbook: Étude & more",
        "authors": ["Donald E. Knuth", "World Health Organization", "Ludwig von Beethoven", "Hans Müller"],
        "isbn13": "9780306406157",
        "publisher": "Springer Verlag",
        "published_year": 1984,
        "pages": 483,
        "description": "It costs $5.",
        "topics": ["tex", "typesetting"],
        "series": "Computers",
        "series_number": Decimal("7.00"),
        "contributors": ["Jane Doe (translator)"],
    }
    assert found.dropped == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r"Mu\~noz, Jos\'e", "José Muñoz"),
        (r"Jos\'e Pe\~na~Garc\'ia", "José Peña García"),
        ("family=Gogh, given=Vincent, given-i=V, prefix=van, useprefix=true", "Vincent van Gogh"),
    ],
)
def test_a_name_in_bibtex_may_have_tildes_as_accents_and_parts_with_their_names(written: str, name: str) -> None:
    (found,) = read(f"@book{{a, title = {{Letters}}, author = {{{written}}}}}")
    assert found.fields["authors"] == [name]


@pytest.mark.parametrize(("name", "code"), [("australian", "en-au"), ("ngerman", "de"), ("Polutonikogreek", "el")])
def test_a_language_in_bibtex_may_have_its_name_in_latex(name: str, code: str) -> None:
    (found,) = read(f"@book{{a, title = {{A}}, langid = {{{name}}}}}")
    assert found.fields["language"] == code


@pytest.mark.parametrize(
    "written",
    [
        "TY  - BOOK\nTI  - X\nAU  - Smith, Jane; Brown, Kate\nER  -\n",
        "TY  - BOOK\nTI  - X\nAU  - Smith, Jane & Brown, Kate\nER  -\n",
        "Book Id\tTitle\tSort Character\tPrimary Author\n1\tX\t1\tSmith, Jane & Brown, Kate\n",
        "@book{a, title={X}, author={Smith, Jane; Brown, Kate}}\n",
        '[{"type": "book", "title": "X", "author": [{"literal": "Jane Smith; Kate Brown"}]}]',
    ],
)
def test_people_are_told_apart_where_each_should_have_a_place_of_its_own(written: str) -> None:
    (found,) = read(written)
    assert found.fields["authors"] == ["Jane Smith", "Kate Brown"]


def test_the_encoding_that_bibtex_states_in_a_comment_is_taken() -> None:
    entry = "% Made with JabRef\n% Encoding: {}\n@book{{a, title = {{Café}}}}\n"
    with pytest.raises(UnclearEncoding):
        read(entry.format("UTF-8").encode("latin-1"))
    with pytest.raises(UnclearEncoding):
        read(entry.format("nothing").encode("latin-1"))
    (found,) = read(entry.format("ISO8859_1").encode("latin-1"))
    assert found.fields["title"] == "Café"
    (found,) = read("% Encoding: UTF-8\n@misc{a, title = {TestÜbersetzer}}\n")
    assert found.fields["title"] == "TestÜbersetzer"


def test_calibre_writes_its_own_fields_into_bibtex() -> None:
    (found,) = read("@book{c1,\n  title = {Emma},\n  tags = {classic, love},\n  languages = {ngerman},\n}\n")
    assert found.fields == {"title": "Emma", "topics": ["classic", "love"], "language": "de"}


def test_a_value_may_be_the_name_of_a_string_in_any_case_and_the_last_of_this_name_counts() -> None:
    strings = '@string{spr = {Old}}\n@STRING(SPR = "Springer")\n@string{ser = "Series"}\n'
    (found,) = read(strings + "@book{a, title = {A}, publisher = Spr, series = ser}\n")
    assert (found.fields["publisher"], found.fields["series"]) == ("Springer", "Series")


def test_texts_and_strings_are_put_together_where_a_value_says_so() -> None:
    strings = '@string{ny = "New York"}\n@string{acm = "ACM, " # ny}\n'
    entry = (
        '@book{a, title = "The " # {Art} # " of " # 1984, publisher = acm # " Press", note = {C # ny}, month = jan}\n'
    )
    (found,) = read(strings + entry)
    assert (found.fields["title"], found.fields["publisher"]) == ("The Art of 1984", "ACM, New York Press")
    in_text = "@book{b, title = {x = ny, C # ny}}"
    assert expand_strings(in_text, {"ny": "New York"}) == in_text


def test_an_entry_that_names_very_many_strings_does_not_become_very_long() -> None:
    named = "".join(f", note{number} = s" for number in range(100))
    assert expand_strings(f"@book{{b{named}}}\n", {"s": "x" * 1000}).count("x" * 1000) == 50


def test_a_field_that_an_entry_has_twice_costs_nothing() -> None:
    (found,) = read("@book{a, title = {Faust}, note = {x}, author = {Goethe, J. and Jagemann, F.}, note = {y}}")
    assert found.fields == {"title": "Faust", "authors": ["J. Goethe", "F. Jagemann"]}


def test_a_broken_entry_of_bibtex_is_named_and_costs_no_other() -> None:
    found = read(BIBTEX + '@book{broken, title = {No end\n@book{next, title = "After", editor = "Ed Itor"}\n')
    assert [row.fields.get("title") for row in found] == ["The TeXbook: Étude & more", None, "After"]
    assert found[1].error is not None
    assert "brace" in found[1].error.reason
    assert found[2].fields["authors"] == ["Ed Itor"]


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"G{\"o}del, {E}scher", "Gödel, Escher"),
        (r"{\v{C}}apek \& {\L}ukasz", "Čapek & Łukasz"),
        (r"100\% of $\alpha$", "100% of α"),
        (r"\textbraceleft{}a\textbraceright{} \textasciicircum{}", "{a} ^"),
        ("a -- b ``q''", "a – b “q”"),
        ("AT&T's C# for $5", "AT&T's C# for $5"),
        (r"On \href{https://example.org/~a_b}{\emph{Links}} \textbf{today}", "On Links today"),
        (r"\texttt{ls} and \mbox{C++} in \LaTeX{}\label{x}", "ls and C++ in LaTeX"),
        (r"\enquote{Eins} \glqq Zwei\grqq{} \S~3", "“Eins” „Zwei“ § 3"),
        (r"\foreignlanguage{german}{Wort}\\Ph\h{o}", "Wort Pho\u0309"),
        ("夏目漱石", "夏目漱石"),
    ],
)
def test_latex_becomes_text_and_other_text_stays(latex: str, text: str) -> None:
    assert plain(latex) == text


def test_the_markup_of_a_title_in_csl_json_is_no_part_of_it() -> None:
    title = 'Nerves of <i>Xenopus <sup>2</sup></i> at <span class="nocase">home</span>, if a<b'
    (found,) = read(json.dumps([{"type": "book", "title": title, "issued": {"date-parts": [[1914]]}}]))
    assert found.fields["title"] == "Nerves of Xenopus 2 at home, if a<b"


def test_csl_json_has_names_in_parts_and_dates_in_lists() -> None:
    item = {
        "id": "x",
        "type": "book",
        "title": "Kokoro",
        "author": [
            {"family": "夏目", "given": "漱石"},
            {"literal": "WHO"},
            {"family": "Beethoven", "given": "Ludwig", "non-dropping-particle": "van"},
        ],
        "translator": [{"family": "Doe", "given": "J"}],
        "issued": {"date-parts": [["1914", 4]]},
        "ISBN": "978-0-306-40615-7",
        "number-of-pages": "300",
        "collection-title": "Bunko",
        "collection-number": "7",
    }
    (found,) = read(json.dumps([item]))
    assert found.fields == {
        "title": "Kokoro",
        "authors": ["夏目漱石", "WHO", "Ludwig van Beethoven"],
        "published_year": 1914,
        "isbn13": "9780306406157",
        "pages": 300,
        "series": "Bunko",
        "series_number": Decimal("7.00"),
        "contributors": ["J Doe (translator)"],
    }
    assert found.dropped == []


OPF = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="2.0">
  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">
    <dc:identifier opf:scheme="uuid">3051ed45</dc:identifier>
    <dc:identifier>urn:isbn:9780306406157</dc:identifier>
    <dc:title>That Witchcraft</dc:title>
    <dc:creator opf:role="aut">Seana McGyre</dc:creator>
    <dc:creator opf:role="trl">Tom Lator</dc:creator>
    <dc:contributor opf:role="bkp">calibre (5.12.0)</dc:contributor>
    <dc:date>0101-01-01T00:00:00+00:00</dc:date>
    <dc:description>&lt;p&gt;One &amp;amp; two&lt;/p&gt;</dc:description>
    <dc:language>eng</dc:language>
    <dc:subject>Cryptids</dc:subject>
    <meta name="calibre:series" content="InCryptik"/>
    <meta name="calibre:series_index" content="8.0"/>
  </metadata>
</package>"""


def test_the_opf_of_calibre_is_a_book() -> None:
    (found,) = read(OPF)
    assert found.fields == {
        "source_key": "calibre:3051ed45",
        "title": "That Witchcraft",
        "authors": ["Seana McGyre"],
        "isbn13": "9780306406157",
        "language": "en",
        "description": "One & two",
        "topics": ["Cryptids"],
        "series": "InCryptik",
        "series_number": Decimal("8.00"),
        "contributors": ["Tom Lator (translator)"],
    }
    assert found.dropped == []


def test_opf_with_entities_of_its_own_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="document type"):
        read(OPF.replace("<package", '<!DOCTYPE p [<!ENTITY a "b">]><package').replace("Cryptids", "&a;"))


def test_elements_of_opf_within_each_other_do_not_fill_the_memory() -> None:
    depth, dc = 500, "http://purl.org/dc/elements/1.1/"
    subjects = f'<subject xmlns="{dc}">x' * depth + "</subject>" * depth
    xml = f'<package xmlns="http://www.idpf.org/2007/opf"><metadata>{subjects}</metadata></package>'
    [(_, book)] = opf.records(io.BytesIO(xml.encode()))
    assert isinstance(book, dict)
    assert sum(map(len, book["Subjects"])) <= 2 * depth


def test_a_damaged_opf_is_refused_with_the_place() -> None:
    with pytest.raises(UnreadableFile, match="This OPF file is damaged"):
        read(OPF[:-20])


@pytest.mark.parametrize("encoding", ["none", "shift_jis"])
def test_opf_in_an_encoding_that_no_parser_reads_is_refused(encoding: str) -> None:
    opf = f'<?xml version="1.0" encoding="{encoding}"?><package xmlns="http://www.idpf.org/2007/opf"/>'
    with pytest.raises(UnreadableFile, match="This OPF file is damaged"):
        read(opf)


def test_a_zip_of_calibre_folders_is_a_list_of_which_a_damaged_book_costs_no_other() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (("cover.jpg", "no text"), ("metadata.opf", OPF), ("2/metadata.opf", OPF[:-20])):
            archive.writestr(f"Seana McGyre/{name}", text)
    whole, damaged = read(file.getvalue())
    assert (whole.fields["title"], whole.fields["authors"]) == ("That Witchcraft", ["Seana McGyre"])
    assert damaged.error
    assert "2/metadata.opf is damaged" in damaged.error.reason


def test_a_zip_of_opf_files_that_unpacks_to_very_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opf, "MAX_UNPACKED", 2 * len(OPF))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}/metadata.opf", OPF)
    with pytest.raises(UnreadableFile, match="split it"):
        read(file.getvalue())
