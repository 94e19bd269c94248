"""Lists as people keep them in spreadsheets: what each row gives, and what is said of the rest."""

import json
from io import BytesIO
from typing import Any

import pytest

from books.importing import source, tables
from books.importing.encoding import UnreadableFile
from books.importing.formats.any_table import columns_of
from books.importing.rows import CleanRow, cleaned

pytestmark = pytest.mark.once

ISBN, ANOTHER = "9780306406157", "9780140449136"


def rows(content: str | bytes) -> list[CleanRow]:
    with source.opened(BytesIO(content if isinstance(content, bytes) else content.encode())) as opened:
        table = tables.opened(opened, {})
        return [cleaned(row, table.format) for row in table.rows(table.start, table.before)]


def fields(content: str | bytes) -> list[dict[str, Any]]:
    return [row.fields for row in rows(content)]


@pytest.mark.parametrize(
    ("header", "cells", "name", "value"),
    [
        # names
        ("Title,First Name,Last Name", "Emma,Jane,Austen", "authors", ["Jane Austen"]),
        ("Titel,Nachname,Vorname", "Faust,Goethe,Johann", "authors", ["Johann Goethe"]),
        ("Title;Author", "Good Omens;Neil Gaiman,, Terry Pratchett,", "authors", ["Neil Gaiman", "Terry Pratchett"]),
        ("Title,Author", "A,René Goscinny / Albert Uderzo", "authors", ["René Goscinny", "Albert Uderzo"]),
        ("Title,Author", "A,AC/DC", "authors", ["AC/DC"]),
        ("題名,著者", "心,夏目漱石 著", "authors", ["夏目漱石"]),
        ("題名,著者", "源氏,紫式部；与謝野晶子訳", "authors", ["紫式部"]),
        ("도서명,저자", "엄마,신경숙 지음", "authors", ["신경숙"]),
        ("題名,著者", "心,夏目漱石／著 柳瀬尚紀／訳", "authors", ["夏目漱石"]),
        ("題名,著者", 'A,"秋葉拓哉, 岩田陽一, 北川宜稔 著"', "authors", ["秋葉拓哉", "岩田陽一", "北川宜稔"]),
        ("题名,作者", "书,张三主编", "authors", ["张三"]),
        ("Title,Author", "A,Ann Lee and Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author", 'A,"Ann Lee, Jo Poe and Al Fry"', "authors", ["Ann Lee", "Jo Poe", "Al Fry"]),
        ("Title,Author", 'A,"Lee, Ann and Poe, Jo"', "authors", ["Ann Lee", "Jo Poe"]),
        ("Titel,Autor", "A,Ann Lee und Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author", "A,Simon and Schuster", "authors", ["Simon and Schuster"]),
        ("Title,Author", "A,José Ortega y Gasset", "authors", ["José Ortega y Gasset"]),
        ("Title,Author", "A,Ministry of Arts and Health Office", "authors", ["Ministry of Arts and Health Office"]),
        ("Title,Author", 'A,"Lee, A. B., Poe, J."', "authors", ["A. B. Lee", "J. Poe"]),
        ("Книга,Автор", 'A,"Толстой Л. Н., Чехов А. П."', "authors", ["Толстой Л. Н.", "Чехов А. П."]),
        (
            "Title,Author",
            'A,"J.R.R. Tolkien, Christopher Tolkien"',
            "authors",
            ["J.R.R. Tolkien", "Christopher Tolkien"],
        ),
        ("Title,Author", 'A,"Ann Lee, Jo Poe, Al Fry"', "authors", ["Ann Lee", "Jo Poe", "Al Fry"]),
        ("Title,Author", 'A,"García Márquez, Gabriel José"', "authors", ["García Márquez, Gabriel José"]),
        (
            "Title,Author",
            'A,"García Lorca, Federico José, 1898 - 1936"',
            "authors",
            ["García Lorca, Federico José, 1898 - 1936"],
        ),
        (
            "Title,Author",
            'A,"La Motte-Fouqué, Friedrich Karl, Freiherr de"',
            "authors",
            ["La Motte-Fouqué, Friedrich Karl, Freiherr de"],
        ),
        ("Title,Author", 'A,"King, Martin Luther, Jr."', "authors", ["King, Martin Luther, Jr."]),
        ("Title,Author", 'A,"Ann Lee, Jo Poe & Al Fry"', "authors", ["Ann Lee", "Jo Poe", "Al Fry"]),
        ("Title,Author", "A,Ann Lee/Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author", "A,Ann Lee + Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author", "A,Ann Lee with Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Cím,Szerző", "A,Lee Anna és Poe Jó", "authors", ["Lee Anna", "Poe Jó"]),
        ("Title,Author", "A,Rose & John Moore Foundation", "authors", ["Rose & John Moore Foundation"]),
        ("Title,Author", "A,\"['Ann Lee', 'Jo Poe']\"", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author", 'A,"Lee, Ann, Poe, J. B."', "authors", ["Ann Lee", "J. B. Poe"]),
        ("Title,Author", 'A,"Ann Lee, PhD, and Jo Poe, MD"', "authors", ["Ann Lee, PhD", "Jo Poe, MD"]),
        ("Title,Author", 'A,"Ann Lee, Jr. and Jo Poe"', "authors", ["Ann Lee, Jr.", "Jo Poe"]),
        ("Title,Author", 'A,"Lee, Ann (1900-1980), author"', "authors", ["Lee, Ann (1900-1980)"]),
        ("Title,Author", "A,Ann Lee (Goodreads Author)", "authors", ["Ann Lee"]),
        ("Title,Author", "A,Ann Lee and others", "authors", ["Ann Lee"]),
        ("Title,Author", 'A,"Homer, translated by Ann Lee"', "authors", ["Homer"]),
        ("Title,Author", "A,Homer (trans. Ann Lee)", "contributors", ["Ann Lee (translator)"]),
        ("Titel,Autor", "A,Ann Lee. Ill. von Jo Poe", "contributors", ["Jo Poe (illustrator)"]),
        ("Title,Author", "A,Words: Ann Lee; Pictures: Jo Poe", "authors", ["Ann Lee"]),
        ("Title,Author", "A,Al Fry; edited by Ann Lee and Jo Poe", "authors", ["Al Fry"]),
        ("Title,Author", 'A,"Al Fry; Ann Lee, Jo Poe (eds.)"', "contributors", ["Ann Lee (editor)", "Jo Poe (editor)"]),
        ("题名,作者", "书,[日] 夏目漱石", "authors", ["夏目漱石"]),
        ("题名,作者", "书,（清）曹雪芹，高鹗 著", "authors", ["曹雪芹", "高鹗"]),
        ("題名,著者", "心,夏目漱石／森鷗外", "authors", ["夏目漱石", "森鷗外"]),
        ("題名,著者", '心,"夏目 漱石, 森 鷗外"', "authors", ["夏目 漱石", "森 鷗外"]),
        ("題名,著者", '心,"夏目, 漱石"', "authors", ["夏目, 漱石"]),
        ("題名,著者", "心,夏目漱石 他", "authors", ["夏目漱石"]),
        ("도서명,저자", '책,"김영하, 한강"', "authors", ["김영하", "한강"]),
        ("도서명,저자", "책,한강 저/김영하 역", "contributors", ["김영하 (translator)"]),
        ("العنوان,المؤلف", "كتاب,أحمد خالد؛ نجيب محفوظ", "authors", ["أحمد خالد", "نجيب محفوظ"]),
        ("Title,Author", 'A,"A. B. (Author), C. D. (Translator)"', "authors", ["A. B."]),
        ("Title,Author", 'A,"Ann Lee, Jo Poe (Translator)"', "authors", ["Ann Lee"]),
        ("Title,Author", 'A,"Ann Lee, Jo Poe (Translator)"', "contributors", ["Jo Poe (translator)"]),
        ("Title,Author", 'A,"Lee, Ann (Editor)"', "authors", ["Lee, Ann"]),
        ("Title,Author", "A,Jos&eacute; Mart&#237;", "authors", ["José Martí"]),
        ("Title,Publisher", "A,R&D; Sons", "publisher", "R&D; Sons"),
        ("Title,Author", 'A,"Lee, Ann; Poe, Jo"', "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author", 'A,"Lee, Ann"', "authors", ["Lee, Ann"]),
        ("Title,Author 1,Author 2", "A,Ann Lee,Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author,Author", "A,Ann Lee,Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author,Author 2,Creator", "A,Ann Lee,,C", "authors", ["Ann Lee"]),
        ("Title,Tag 1,Tag 2", "A,x,y", "topics", ["x", "y"]),
        ("Title,Translator 1", "A,Jo Poe", "contributors", ["Jo Poe (translator)"]),
        ("Название;Серия", "Мы;Классика №3", "series", "Классика"),
        ("Title,Author", "Emma /,A", "title", "Emma"),
        ("Title,Series", 'Mort,"Discworld, Vol. IV"', "series_number", 4),
        ("Title,Series", "Mort,Discworld n° 4", "series", "Discworld"),
        ("Title,Series", "Mort,Discworld - Book 4", "series", "Discworld"),
        ("Title,Series", "Mort,Discworld (vol. 4)", "series", "Discworld"),
        ("Title,Series", 'Mort,"Discworld, #4.5"', "series", "Discworld"),
        ("タイトル,シリーズ", "A,銀河英雄伝説 第3巻", "series", "銀河英雄伝説"),
        ("Title,Series", "Yossarian,Catch-22", "series", "Catch-22"),
        ("Title,Tags", "A,小説、歴史；詩", "topics", ["小説", "歴史", "詩"]),
        ("Title,Tags", "A,روايات، تاريخ", "topics", ["روايات", "تاريخ"]),
        ("Title,Tags", "A,Fiction • History", "topics", ["Fiction", "History"]),
        # of several columns for one field the first that has something
        ("title,isbn10,isbn13", f"A,0306406152,{ANOTHER}", "isbn13", ANOTHER),
        ("title,isbn13,isbn10", "A,,0306406152", "isbn13", ISBN),
        ("title,isbn13,isbn10", "A,9780306406158,0306406152", "isbn13", ISBN),
        ("Title,Pages,Num Pages", "A,,320", "pages", 320),
        # pages
        ("Title,Pages", "A,320 p.", "pages", 320),
        ("Title,Pages", 'A,"xii, 320 p."', "pages", 320),
        ("Title,Pages", 'A,"1,024"', "pages", 1024),
        ("Title,Pages", "A,1.024", "pages", 1024),
        ("Title,Pages", "A,320.0", "pages", 320),
        ("Titel,Seiten", "A,ca. 300 Seiten", "pages", 300),
        ("タイトル,ページ", "心,約300頁", "pages", 300),
        # ISBNs that a spreadsheet took for numbers, with all their digits
        ("Title,ISBN", "A,9.780306406157E+12", "isbn13", ISBN),
        ("Titel;ISBN", "A;9780306406157,00", "isbn13", ISBN),
        ("Title,Year", 'A,"1,985"', "published_year", 1985),
        ("Title,Year", "A,0085", "published_year", 85),
        ("Title,Year", "A,85 AD", "published_year", 85),
        ("Title,Language", "A,English (US)", "language", "en-us"),
        # series
        ("Title,Series", "Mort,Discworld #4", "series_number", 4),
        ("Title,Series,Volume", "Mort,Discworld (4),", "series", "Discworld"),
        ("Title,Series", 'Mort,"Discworld, Book 4"', "series", "Discworld"),
        ("Title,Author", '"Foundation (Foundation, Book 1)",A', "series", "Foundation"),
        ("Title,Author", "Der Turm (Dunkler Turm Band 7),A", "series_number", 7),
        ("Title,Author", "Dune (Dune #1),A", "title", "Dune"),
        ("Title,Author", '"Mort (Death, #1; Discworld, #4)",A', "more_series", ["Discworld #4"]),
        ("Title,Author,Series", "Dune (Dune #1),A,", "title", "Dune (Dune #1)"),
        ("Title,Series", 'Mort,"Discworld, 4"', "series_number", 4),
        ("Title,Series", "Mort,Discworld - 4", "series", "Discworld"),
        ("Title,Series", 'Mort,"Discworld, book four"', "series_number", 4),
        ("Titel,Reihe", "Mort,Discworld 4. Teil", "series", "Discworld"),
        ("Titre,Série", 'Astérix,"Astérix, T4"', "series_number", 4),
        ("Title,Series", 'Mort,"Discworld, 4 of 41"', "series", "Discworld"),
        ("Title,Series", "Mort,(Discworld #4)", "series", "Discworld"),
        ("タイトル,シリーズ", "A,ナルト（4）", "series", "ナルト"),
        ("Title,Series", "Sandman,Sandman (1-3)", "series_label", "1-3"),
        ("Title,Series", "Mort,Discworld #4; Death #1", "series", "Discworld"),
        ("Title,Series", 'Mort,"Discworld #4, Death #1"', "more_series", ["Death #1"]),
        ("Title,Series", "Emma,Area 51", "series", "Area 51"),
        ("Title,Series", "Emma,(Fiction)", "series", "(Fiction)"),
        ("Title,Tags", "A,\"['x', 'y z']\"", "topics", ["x", "y z"]),
        ("Title,Tags", "A,#x #y", "topics", ["x", "y"]),
        ("Title,Language", "A,no", "language", "no"),
        ("Title,Language", 'A,"English, "', "language", "en"),
        # library records as tables
        ("245$a;100$a", "Emma :;Austen, Jane,", "title", "Emma"),
        ("245$a;100$a", "Emma :;Austen, Jane,", "authors", ["Jane Austen"]),
        ("245 $a;700 $a", "Emma;Lee, Ann|Poe, Jo", "contributors", ["Ann Lee (contributor)", "Jo Poe (contributor)"]),
        ("245$a;264$b;264$c", "Emma;Penguin,;c2003.", "publisher", "Penguin"),
        ("245$a;264$b;264$c", "Emma;Penguin,;c2003.", "published_year", 2003),
        ("245$a;650$a", "Emma;England|Women", "topics", ["England", "Women"]),
        ("題名,巻数", "心,(上)", "series_number", 1),
        # columns in further languages
        ("Tựa đề,Tác giả,Năm,Số trang", "A,B,1936,287", "published_year", 1936),
        ("Nimi,Tekijä,Julkaisuvuosi,Sivumäärä", "A,B,1945,785", "pages", 785),
        ("Τίτλος,Συγγραφέας,Εκδότης,Έτος έκδοσης", "A,B,C,1946", "publisher", "C"),
        ("כותר,מחבר,הוצאה,שנה", "א,ב,ג,1968", "published_year", 1968),
        ("שם הספר,מחבר,שנה", "מיכאל שלי,עמוס עוז,תשכ״ח", "published_year", 1968),
        ("نام کتاب,نویسنده,سال نشر", "بوف کور,صادق هدایت,1936", "published_year", 1936),
        ("書名,著者,発行年月", "心,夏目漱石,１９９０．４", "published_year", 1990),
        ("ชื่อเรื่อง,ผู้แต่ง,สำนักพิมพ์", "ก,ข,ค", "publisher", "ค"),
        ("العنوان,المؤلف,سنة النشر", "أ,ب,١٩٦٦", "published_year", 1966),
        ("Cím,Szerző,Oldalszám", "A,B,200", "pages", 200),
        ("Název,Autor,Počet stran", "A,B,800", "pages", 800),
        ("Titel,Forfatter,Udgivelsesår,Antal sider", "A,B,1992,435", "published_year", 1992),
        ("Judul,Penulis,Penerbit,Tahun Terbit", "A,B,C,1980", "publisher", "C"),
        ("Tittel,Forfatter", "A,B", "authors", ["B"]),
        ("शीर्षक,लेखक", "अ,क", "authors", ["क"]),
        ("სათაური,ავტორი", "ა,ბ", "authors", ["ბ"]),
        ("書名,13桁ISBN", f"心,{ISBN}", "isbn13", ISBN),
        # the parts of a name, and columns that are just called a name
        ("Title,Surname,Forename", "A,Lee,Ann", "authors", ["Ann Lee"]),
        ("Title,Author Last,Author First,Author Middle", "A,Lee,Ann,B.", "authors", ["Ann B. Lee"]),
        ("Titel,Name,Vorname", "A,Lee,Ann", "authors", ["Ann Lee"]),
        ("Titre,Nom,Prénom", "A,Lee,Ann", "authors", ["Ann Lee"]),
        ("Título,Nombre,Apellidos", "A,Ana,Lee Gil", "authors", ["Ana Lee Gil"]),
        ("Название,Фамилия,Имя,Отчество", "А,Чехов,Антон,Павлович", "authors", ["Антон Павлович Чехов"]),
        ("Titel,Achternaam,Tussenvoegsel,Voornaam", "A,Berg,van den,Ann", "authors", ["Ann van den Berg"]),
        ("Kitap Adı,Yazar Adı,Yazar Soyadı", "A,Orhan,Pamuk", "authors", ["Orhan Pamuk"]),
        ("書名,姓,名", "心,夏目,漱石", "authors", ["夏目漱石"]),
        ("Name,Author,Last", "A,Ann Lee,2020", "title", "A"),
        ("Name,Authors,ISBN", f"A,B,{ISBN}", "title", "A"),
        ("Book,By", "A,B", "title", "A"),
        ("Name,Book Title,Author", "Joe,A,B", "title", "A"),
        ("Title,Author,Second Author", "A,Ann Lee,Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author,Co-Author", "A,Ann Lee,Jo Poe", "authors", ["Ann Lee", "Jo Poe"]),
        ("Title,Author,Other authors", "A,Ann Lee,Jo Poe; Al Fry", "authors", ["Ann Lee", "Jo Poe", "Al Fry"]),
        ("Title,Author/Editor", "A,B", "authors", ["B"]),
        ("Title,Publisher / Place", "A,B", "publisher", "B"),
        ("書名,ISBNコード", f"心,{ISBN}", "isbn13", ISBN),
    ],
)
def test_a_cell_is_read_as_it_was_meant(header: str, cells: str, name: str, value: object) -> None:
    (row,) = rows(f"{header}\n{cells}\n")
    assert row.fields[name] == value


FIRST_LAST = ["Ann Lee", "Jo Poe", "Al Fry", "Homer"]
LAST_FIRST = ["Lee, Ann", "Poe, Jo", "Fry, Al", "Homer"]


@pytest.mark.parametrize(
    ("column", "name", "people"),
    [
        (FIRST_LAST, "Jane Austen, Juliet Moss", ["Jane Austen", "Juliet Moss"]),
        (FIRST_LAST, "Jane Austen, Jr.", ["Jane Austen, Jr."]),
        (FIRST_LAST, "Alfred Moss, Baron Moss", ["Alfred Moss, Baron Moss"]),
        (FIRST_LAST, "García Márquez, Gabriel José", ["García Márquez, Gabriel José"]),
        (FIRST_LAST, "Moss School, Faculty of Arts", ["Moss School, Faculty of Arts"]),
        (FIRST_LAST[:2], "Jane Austen, Juliet Moss", ["Jane Austen, Juliet Moss"]),
        ([*FIRST_LAST, "Fry, Al"], "Jane Austen, Juliet Moss", ["Jane Austen, Juliet Moss"]),
        (LAST_FIRST, "Conan Doyle, Arthur Ignatius", ["Conan Doyle, Arthur Ignatius"]),
        (LAST_FIRST, "Marx, Karl, Engels, Friedrich", ["Karl Marx", "Friedrich Engels"]),
        (FIRST_LAST, "Marx, Karl, Engels, Friedrich", ["Marx, Karl, Engels, Friedrich"]),
    ],
)
def test_the_names_of_a_column_tell_what_its_commas_separate(column: list[str], name: str, people: list[str]) -> None:
    table = "".join(f'{place},"{each}"\n' for place, each in enumerate([*column, name]))
    assert fields(f"Title,Author\n{table}")[-1]["authors"] == people
    objects = [{"title": str(place), "author": each} for place, each in enumerate([*column, name])]
    assert fields(json.dumps(objects))[-1]["authors"] == people


@pytest.mark.parametrize("nothing", ["-", "n/a", "N/A", "#N/A", "null", "—", "?"])
def test_a_cell_that_says_nothing_gives_nothing(nothing: str) -> None:
    (row,) = rows(f"Title,Author,Series,Language,Pages\nA,{nothing},{nothing},{nothing},{nothing}\n")
    assert (row.fields, row.dropped) == ({"title": "A"}, [])


@pytest.mark.parametrize("header", ["Author/Title,ISBN", "Book #,Author"])
def test_a_column_that_may_hold_something_else_is_not_guessed(header: str) -> None:
    assert "title" not in columns_of(header.split(","))


@pytest.mark.parametrize("nothing", ["unknown", "No ISBN", "ohne ISBN", "keine", "TBD", "(none)", "なし", "нет"])
def test_a_cell_for_a_number_may_say_that_there_is_none(nothing: str) -> None:
    (row,) = rows(f"Title,Author,ISBN,Pages\nA,{nothing},{nothing},{nothing}\n")
    assert (row.fields, row.dropped) == ({"title": "A", "authors": [nothing]}, [])


def test_the_row_that_adds_up_the_others_is_no_book() -> None:
    for word in ("Summe", "Average", "Total:", "合計", "Total: 123", "Summe: 2 Bücher", "Anzahl:", "2 books"):
        book, total = rows(f"Titel;Autor;Seiten\nFaust;Goethe;200\n{word};;200\n")
        assert (book.error, total.error and total.error.field) == (None, "title")


def test_a_book_called_total_is_a_book() -> None:
    assert fields("Title,Author\nTotal,Somebody\n")[0]["title"] == "Total"
    assert fields("Title,Author\nTotal 1984,\n2 Books of Hours,\n")[1]["title"] == "2 Books of Hours"


@pytest.mark.parametrize(
    "title",
    [
        "Emma (Penguin Classics, 2003)",
        "Faust (Part 1)",
        "Faust (Book 1)",
        "C (C# in Depth)",
        "It (Complete Works, Vol. 2)",
        "Hamlet (#1)",
        "Emma (Austen, Book 1) and more",
    ],
)
def test_brackets_that_may_be_no_series_stay_in_the_title(title: str) -> None:
    assert fields(f'Title,Author\n"{title}",A\n') == [{"title": title, "authors": ["A"]}]


def test_a_row_of_spaces_is_no_row() -> None:
    assert fields("Title,Author\nA,B\n  ,   \n") == [{"title": "A", "authors": ["B"]}]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Title,Year", "A,85"),
        ("Title,Year", "A,85.0"),
        ("title,creators,ean_isbn13,publish_date", "A,,,85"),
    ],
)
def test_a_year_without_its_century_is_noted(header: str, cells: str) -> None:
    (row,) = rows(f"{header}\n{cells}\n")
    assert "published_year" not in row.fields
    assert [note.field for note in row.dropped] == ["published_year"]


def test_a_region_that_we_do_not_know_is_noted_beside_the_language() -> None:
    (row,) = rows("Title,Language\nA,Dutch (Flemish dialect)\n")
    assert row.fields["language"] == "nl"
    assert [(note.field, note.value) for note in row.dropped] == [("language", "flemish dialect")]


def test_a_title_in_json_may_be_a_number() -> None:
    assert fields('[{"title": 1984, "publishers": ["Secker", "Signet"]}]') == [
        {"title": "1984", "publisher": "Secker; Signet"}
    ]


def test_the_parts_of_a_name_in_json_are_put_together() -> None:
    people = '[{"given": "Jane", "family": "Austen"}, {"firstName": "Jo", "lastName": "Poe", "creatorType": "editor"}]'
    (found,) = fields(f'[{{"title": "Emma", "creators": {people}}}]')
    assert (found["authors"], found["contributors"]) == (["Jane Austen"], ["Jo Poe (editor)"])


def test_people_of_json_may_be_objects_and_fields_have_several_names() -> None:
    text = '[{"title": "A", "authors": [{"name": "X"}]}, {"title": "B", "author": "Y", "pages": {"x": [{}]}}]'
    first, second = rows(text)
    assert (first.fields["authors"], second.fields["authors"]) == (["X"], ["Y"])
    assert [error.field for error in second.dropped] == ["pages"]


@pytest.mark.parametrize(
    ("text", "encoding", "title"),
    [
        ("Titre;Année\nCœur simple;1877\n", "cp1252", "Cœur simple"),
        ("Título;Año\nCien años;1967\n", "cp1252", "Cien años"),
        ("Tytuł;Autor\nŻółć;A\n", "cp1250", "Żółć"),
        ("Kitap Adı;Yazar\nİnce Memed;Yaşar Kemal\n", "cp1254", "İnce Memed"),
    ],
)
def test_the_words_of_a_header_tell_the_encoding_of_a_short_list(text: str, encoding: str, title: str) -> None:
    assert fields(text.encode(encoding))[0]["title"] == title


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"<html><table><tr><td>Title</td></tr></table></html>", "web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "This spreadsheet cannot be read"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(content: bytes, advice: str) -> None:
    with pytest.raises(UnreadableFile, match=advice):
        rows(content)


@pytest.mark.parametrize(
    "content",
    [
        f"# mine\n{ISBN}\n\n# more\n{ANOTHER}\n",
        f"{ISBN} # Emma\n{ANOTHER} // lent\n",
        f"{ISBN}, {ANOTHER}\n",
        f'["{ISBN}", "{ANOTHER}"]',
    ],
)
def test_isbns_are_read_however_they_stand_in_a_list(content: str) -> None:
    assert fields(content) == [{"isbn13": ISBN}, {"isbn13": ANOTHER}]


def test_words_beside_an_isbn_in_a_list_are_a_row_of_their_own() -> None:
    found = rows(f"{ISBN}\n{ANOTHER} Emma\n")
    assert [(row.row.line, row.row.cells, bool(row.error)) for row in found] == [
        (1, [ISBN], False),
        (2, [ANOTHER], False),
        (2, ["Emma"], True),
    ]
    assert [row.row.after for row in found] == [1, 1, 2]


def test_what_is_no_isbn_in_a_list_of_them_costs_its_own_row() -> None:
    found = rows(f"{ISBN}\n123abc\n{ANOTHER}\n")
    assert [row.fields.get("isbn13") for row in found] == [ISBN, None, ANOTHER]
    assert [row.error.value for row in found if row.error] == ["123abc"]
