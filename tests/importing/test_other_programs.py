"""The exports of other programs, each as a row of it: what becomes of its values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from books.importing.formats import FORMATS, librarything
from books.importing.formats.values import first_isbn, natural_order
from books.importing.header import format_with_columns
from books.importing.reading import Row
from books.importing.rows import CleanRow, cleaned

pytestmark = pytest.mark.once
GOODREADS = (
    "Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Publisher,Binding,Number of Pages,"
    "Year Published,Original Publication Year,Bookshelves,Exclusive Shelf,My Review,Private Notes"
)


def row(header: str, **cells: Any) -> CleanRow:
    """A row whose other cells are empty, as its header makes it be read."""
    names = header.split("\t" if "\t" in header else ",")
    known = format_with_columns(names)
    assert known is not None
    named = {name: cells.get(name.replace(" ", "_"), "") for name in names}
    return cleaned(Row(2, 0, 2, list(named.values()), named), known)


def of(name: str, fields: Mapping[str, Any]) -> CleanRow:
    return cleaned(Row(1, 0, 1, [], fields), FORMATS[name])


def test_goodreads_has_the_series_in_the_title_and_an_isbn_in_a_formula() -> None:
    found = row(
        GOODREADS,
        Book_Id="7",
        Title="The Ninth  Door (The Locked Rooms, #1.5)",
        Author="Mira Vance",
        ISBN13='="9780306406157"',
        Number_of_Pages="0",
        Bookshelves="to-read, sci-fi",
    )
    assert found.fields == {
        "source_key": "goodreads:7",
        "title": "The Ninth Door",
        "series": "The Locked Rooms",
        "series_number": Decimal("1.50"),
        "authors": ["Mira Vance"],
        "isbn13": "9780306406157",
        "topics": ["to-read", "sci-fi"],
    }
    assert found.dropped == []


def test_goodreads_year_is_that_of_the_first_publication_if_it_is_known() -> None:
    both = row(GOODREADS, Title="A", Author="B", Original_Publication_Year="-50", Year_Published="2011")
    assert both.fields["published_year"] == -50
    assert row(GOODREADS, Title="A", Author="B", Year_Published="2011").fields["published_year"] == 2011


def test_goodreads_further_authors_follow_the_first() -> None:
    found = row(GOODREADS, Title="A", Author="B C", Additional_Authors="D E, F G")
    assert found.fields["authors"] == ["B C", "D E", "F G"]


def test_goodreads_columns_that_go_nowhere_are_named() -> None:
    known = FORMATS["goodreads"]
    assert known.unused(GOODREADS.split(",")) == [
        *("Author l-f", "My Rating", "Binding", "Exclusive Shelf", "My Review", "Private Notes"),
    ]


LIBRARYTHING = (
    "Book Id\tTitle\tSort Character\tPrimary Author\tPrimary Author Role\tSecondary Author\tSecondary Author Roles\t"
    "Publication\tDate\tPage Count\tTags\tCollections\tLanguages\tISBN\tISBNs"
)


def test_librarything_turns_names_round_and_says_their_roles() -> None:
    found = row(
        LIBRARYTHING,
        Title="Rayuela",
        Primary_Author="Cortázar, Julio",
        Secondary_Author="Bataillon, Laure|King, Martin Luther, Jr.",
        Secondary_Author_Roles="Translator|",
    )
    assert found.fields["authors"] == ["Julio Cortázar", "Martin Luther King Jr."]
    assert found.fields["contributors"] == ["Laure Bataillon (translator)"]
    assert found.dropped == []


def test_librarything_has_brackets_round_numbers_and_all_of_an_edition_in_one_column() -> None:
    found = row(
        LIBRARYTHING,
        Title="Rayuela",
        ISBN="[0306406152]",
        Publication="Gallimard (1979), Poche, 590 pages",
        Date="[1979]",
        Page_Count="590 ",
        Languages="French",
        Tags="roman, espagnol",
        Collections="Your library, Attic",
    )
    assert found.fields == {
        "title": "Rayuela",
        "isbn13": "9780306406157",
        "publisher": "Gallimard",
        "published_year": 1979,
        "pages": 590,
        "language": "fr",
        "topics": ["roman", "espagnol", "Attic"],
    }


def test_librarything_empty_brackets_are_no_isbn() -> None:
    found = row(LIBRARYTHING, Title="A", ISBN="[]")
    assert found.fields == {"title": "A"}
    assert found.dropped == []


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("CortÃ¡zar", "Cortázar"),
        ("Å½iÅ¾ek", "Žižek"),
        ("â€œÃ‰tatâ€\x9d", "“État”"),
        ("São Paulo", "São Paulo"),
        ("Ã la carte, café", "Ã la carte, café"),
        ("Märchen für alle", "Märchen für alle"),
    ],
)
def test_librarything_accents_are_repaired_only_where_it_is_certain(written: str, right: str) -> None:
    assert librarything.repair_mojibake(written) == right


def test_librarything_json_has_entities_and_objects_for_lists() -> None:
    found = of(
        "librarything-json",
        {
            "books_id": "113",
            "title": "Potions &amp; Owls",
            "authors": [{"lf": "Rowley, J. K.", "fl": "J. K. Rowley"}, {"lf": "Pr&eacute;, M", "role": "Illustrator"}],
            "isbn": {"0": "0306406152", "2": "9780306406157"},
            "publication": "Scholar Press (2004), Paperback, 896 pages",
            "date": "2004",
            "language": ["English"],
            "series": ["Owls (5)"],
            "pages": "896 ",
        },
    )
    assert found.fields == {
        "source_key": "librarything:113",
        "title": "Potions & Owls",
        "authors": ["J. K. Rowley"],
        "isbn13": "9780306406157",
        "publisher": "Scholar Press",
        "published_year": 2004,
        "pages": 896,
        "language": "en",
        "series": "Owls",
        "series_number": Decimal("5.00"),
        "contributors": ["M Pré (illustrator)"],
    }
    assert found.dropped == []


def test_librarything_json_without_author_or_date_is_a_book() -> None:
    found = of("librarything-json", {"books_id": "1", "title": "Pan", "authors": [[]], "date": "?"})
    assert found.fields == {"source_key": "librarything:1", "title": "Pan"}


CALIBRE = "authors,author_sort,isbn,identifiers,comments,tags,series,series_index,languages,title,pubdate,uuid"


def test_calibre_joins_authors_by_an_ampersand_and_writes_comments_in_html() -> None:
    found = row(
        CALIBRE,
        authors="Terry Pratt & Nils Gaimann",
        identifiers="goodreads:39,isbn:9780306406157",
        comments="<div><p>One &amp; two.</p><p>Three</p></div>",
        tags="Cryptids, Fantasy",
        series="InCryptik",
        series_index="8.0",
        languages="eng",
        title="Omens",
        pubdate="2019-03-05T01:00:00+01:00",
        uuid="3051ed45",
    )
    assert found.fields == {
        "source_key": "calibre:3051ed45",
        "title": "Omens",
        "authors": ["Terry Pratt", "Nils Gaimann"],
        "isbn13": "9780306406157",
        "description": "One & two.\n\nThree",
        "topics": ["Cryptids", "Fantasy"],
        "series": "InCryptik",
        "series_number": Decimal("8.00"),
        "language": "en",
        "published_year": 2019,
    }


def test_calibre_writes_an_index_and_a_date_for_books_without_series_and_date() -> None:
    found = row(CALIBRE, title="A", authors="B", series_index="1.0", pubdate="0101-01-01T00:00:00+00:00")
    assert found.fields == {"title": "A", "authors": ["B"]}


def test_storygraph_contributors_have_their_roles_and_its_own_numbers_are_no_isbn() -> None:
    header = "Title,Authors,Contributors,ISBN/UID,Format,Tags"
    found = row(
        header,
        Title="Coming Home",
        Authors="Ursa Grin, Todd B",
        Contributors="Pauline B (Illustrator), X Y",
        **{"ISBN/UID": "B08ZYQT962"},
        Tags="quiet, slow",
    )
    assert found.fields == {
        "title": "Coming Home",
        "authors": ["Ursa Grin", "Todd B"],
        "contributors": ["Pauline B (illustrator)", "X Y (contributor)"],
        "topics": ["quiet", "slow"],
    }
    assert [(note.field, note.value) for note in found.dropped] == [("isbn13", "B08ZYQT962")]


LIBIB = "item_type,title,creators,ean_isbn13,upc_isbn10,publisher,publish_date,tags,length"


def test_libib_number_that_a_spreadsheet_has_spoilt_is_replaced_by_the_other() -> None:
    found = row(
        LIBIB,
        item_type="book",
        title="Numbers",
        creators="A B, C D",
        ean_isbn13="9.78031E+12",
        upc_isbn10="306406152",
        publish_date="1/15/1980",
        length="220",
    )
    assert found.fields == {
        "title": "Numbers",
        "authors": ["A B", "C D"],
        "isbn13": "9780306406157",
        "published_year": 1980,
        "pages": 220,
    }


def test_libib_film_is_no_book() -> None:
    found = row(LIBIB, item_type="movie", title="Film")
    assert found.error is not None
    assert found.error.reason == "This is not a book."


def test_bookwyrm_shelves_are_topics_but_for_those_of_reading() -> None:
    header = "title,author_text,remote_id,isbn_10,isbn_13,shelf,shelf_name"
    own = row(header, title="Bread (Baking #2)", author_text="M D", shelf="cooking", shelf_name="Cooking")
    assert own.fields == {
        "title": "Bread",
        "series": "Baking",
        "series_number": Decimal("2.00"),
        "authors": ["M D"],
        "topics": ["Cooking"],
    }
    assert "topics" not in row(header, title="Bread", shelf="to-read", shelf_name="To Read").fields


OPENREADS = "title,subtitle,author,description,deleted,pages,publication_year,isbn,olid,tags,book_format"


def test_zotero_turns_names_round_also_when_there_is_one() -> None:
    found = row(
        "Key,Item Type,Publication Year,Author,Title,Publication Title,ISBN,Date,Num Pages,Series Number,Manual Tags,"
        "Translator,Editor",
        Author="Le Guin, Ursula K.",
        Title="Orsinia",
        ISBN="978-0-306-40615-7 0-306-40615-2",
        Date="1979-05-01",
        Manual_Tags="sf; exile",
        Translator="Doe, Jane; Poe, Jo",
    )
    assert found.fields == {
        "title": "Orsinia",
        "authors": ["Ursula K. Le Guin"],
        "contributors": ["Jane Doe (translator)", "Jo Poe (translator)"],
        "isbn13": "9780306406157",
        "published_year": 1979,
        "topics": ["sf", "exile"],
    }


def test_openreads_has_five_lines_between_tags() -> None:
    found = row(OPENREADS, title="Wild", author="A L", publication_year="2023", tags="1|||||Solarpunk")
    assert found.fields == {"title": "Wild", "authors": ["A L"], "published_year": 2023, "topics": ["1", "Solarpunk"]}


def test_openreads_illustrator_among_the_authors_is_kept_as_such() -> None:
    found = row(OPENREADS, title="Wild", author="A L, C D (Illustrator)")
    assert (found.fields["authors"], found.fields["contributors"]) == (["A L"], ["C D (illustrator)"])
    assert found.dropped == []


def test_openreads_book_in_its_bin_does_not_come_in() -> None:
    found = row(OPENREADS, title="Wild", deleted="true")
    assert found.error is not None
    assert found.error.field == "deleted"


def test_open_library_reading_log_is_of_works_with_many_subjects() -> None:
    header = "Work ID,Title,Authors,First Publish Year,Edition ID,Bookshelf,Subjects"
    subjects = ", ".join(f"Subject {number}" for number in range(60))
    found = row(header, Work_ID="OL1W", Title="A", Authors="B, C", First_Publish_Year="1953", Subjects=subjects)
    assert found.fields["source_key"] == "openlibrary:OL1W"
    assert found.fields["authors"] == ["B", "C"]
    assert found.fields["topics"] == [f"Subject {number}" for number in range(50)]
    assert found.dropped[0].reason == "Left out: a book has at most 50 topics."


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("Hugo Victor", "Victor Hugo"),
        ("Gudule ", "Gudule"),
        ("Tolkien J.R.R.", "J.R.R. Tolkien"),
        ("Dick Philip K.", "Philip K. Dick"),
        ("Lovecraft  Howard Phillips", "Howard Phillips Lovecraft"),
        ("Fombelle Timothée de", "Timothée de Fombelle"),
        ("Conan Doyle Arthur", "Conan Doyle Arthur"),
    ],
)
def test_babelio_names_are_turned_round_where_it_is_clear_how(name: str, right: str) -> None:
    assert row("ISBN,Titre,Auteur,Statut", Titre="A", Auteur=name).fields["authors"] == [right]


def test_babelio_has_the_series_before_the_title() -> None:
    header = "ISBN,Titre,Auteur,Editeur,Date de publication,Statut"
    found = row(header, Titre="Les Bidochon, tome 8 : Vent du soir", Auteur="Binet Christian")
    assert found.fields == {
        "title": "Vent du soir",
        "series": "Les Bidochon",
        "series_number": Decimal("8.00"),
        "authors": ["Christian Binet"],
    }
    alone = row(header, Titre="Le Combat ordinaire, Tome 1", Date_de_publication="30/04/2006").fields
    assert alone["title"] == "Le Combat ordinaire, Tome 1"
    assert alone["series_number"] == 1
    assert alone["published_year"] == 2006


def test_book_catalogue_has_lines_between_its_authors() -> None:
    header = "title,author_details,isbn,bookshelf,series_details,date_published,language,genre"
    found = row(
        header,
        title="Encounter",
        author_details="Aldrinn, Buzz|Barnesy, John",
        bookshelf="Default,Attic",
        series_details="Tibor Saga (4)|Other (1)",
        date_published="1996-08-01",
        language="English",
        genre="Space",
    )
    assert found.fields == {
        "title": "Encounter",
        "authors": ["Buzz Aldrinn", "John Barnesy"],
        "published_year": 1996,
        "language": "en",
        "topics": ["Space", "Attic"],
        "series": "Tibor Saga",
        "series_number": Decimal("4.00"),
        "more_series": ["Other #1"],
    }


def test_inventaire_translators_are_contributors() -> None:
    header = "Edition URL,Edition ISBN-13,Edition title,Authors labels,Translators labels,Subjects labels"
    found = row(header, Edition_title="G", Authors_labels="D H", Translators_labels="T R", Subjects_labels="mind, art")
    people = {"authors": ["D H"], "contributors": ["T R (translator)"]}
    assert found.fields == {"title": "G", **people, "topics": ["mind", "art"]}


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("Le Guin, Ursula K.", "Ursula K. Le Guin"),
        ("Beethoven, Ludwig van", "Ludwig van Beethoven"),
        ("Ormesson, Jean d'", "Jean d'Ormesson"),
        ("夏目, 漱石", "夏目漱石"),
        ("カミュ, アルベール", "アルベール・カミュ"),
        ("عزت, سلمى", "سلمى عزت"),
        ("National Geographic", "National Geographic"),
        ("Wiley, John, and Sons", "Wiley, John, and Sons"),
        ("hooks, bell", "bell hooks"),
        ("St. Clair, George", "George St. Clair"),
        ("Fox, John, Jr.", "John Fox Jr."),
        ("Lubbock, John, Sir", "Lubbock, John, Sir"),
        ("Kennedy, John F. (John Fitzgerald)", "Kennedy, John F. (John Fitzgerald)"),
        ("Sunzi, active 6th century B.C.", "Sunzi, active 6th century B.C."),
        ("Pliny, the Elder", "Pliny, the Elder"),
        ("Leonardo, da Vinci", "Leonardo, da Vinci"),
        ("Henry IV, King of France", "Henry IV, King of France"),
        ("General Mills, Inc.", "General Mills, Inc."),
        ("United States. Army, Second", "United States. Army, Second"),
    ],
)
def test_names_are_turned_round_as_their_readers_write_them(name: str, right: str) -> None:
    assert natural_order(name) == right


def test_the_first_isbn_that_is_one_is_taken_else_the_first_number_is_noted() -> None:
    assert first_isbn("", "123", "0306406152") == "0306406152"
    assert first_isbn('=""', None, "123", "45") == "123"
    assert first_isbn("", "0000000000") == ""
