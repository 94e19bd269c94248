"""Which book a row finds, and what it makes of it."""

from decimal import Decimal
from typing import Any

from django.test import TestCase

from books.models import Actor, Book, Channel
from tests.importing.lists import Imported, csv_file, imported, text_file

ISBN, OTHER_ISBN = "9784101010014", "9780306406157"


def listed(*rows: dict[str, Any], **options: Any) -> Imported:
    return imported(csv_file(rows), **options)


def persons(*rows: tuple[str, str, str]) -> Imported:
    """Rows of Aozora's list: work, title, person."""
    names = ("作品ID", "作品名", "著者名", "翻訳者名等")
    return imported(csv_file(dict(zip(names, [*row, ""], strict=True)) for row in rows))


class FindingBooks(TestCase):
    def test_a_row_finds_its_book_by_source_key_first(self) -> None:
        book = Book.objects.add({"title": "Kokoro", "source_key": "a:1"})
        Book.objects.add({"title": "Heart", "source_key": "a:2"})
        assert listed({"source_key": "a:1", "title": "Heart"}).totals.updated == 1
        book.refresh_from_db()
        assert book.title == "Heart"

    def test_then_by_isbn(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN})
        assert listed({"title": "Heart", "isbn13": "4-10-101001-3"}, existing="replace").totals.updated == 1
        assert Book.objects.get().title == "Heart"

    def test_then_by_equal_title_authors_and_year(self) -> None:
        Book.objects.add({"title": "Kokoro", "authors": ["Sōseki"], "published_year": 1914})
        done = listed({"title": "Kokoro", "authors": "Sōseki", "published_year": "1914", "pages": "5"})
        assert done.totals.updated == 1
        assert Book.objects.get().pages == 5

    def test_a_title_in_other_letters_another_author_or_year_is_another_book(self) -> None:
        Book.objects.add({"title": "Kokoro", "authors": ["Sōseki"], "published_year": 1914})
        done = listed(
            {"title": "kokoro", "authors": "Sōseki", "published_year": "1914"},
            {"title": "Kokoro", "authors": "Soseki", "published_year": "1914"},
            {"title": "Kokoro", "authors": "Sōseki", "published_year": ""},
        )
        assert done.totals.created == 3

    def test_two_isbns_are_two_editions_of_one_title(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN})
        assert listed({"title": "Kokoro", "isbn13": OTHER_ISBN}).totals.created == 1

    def test_a_row_finds_the_volume_with_its_number_or_its_title(self) -> None:
        Book.objects.add({"title": "Genji I", "isbn13": ISBN, "series_number": Decimal(1)})
        Book.objects.add({"title": "Genji II", "isbn13": ISBN, "series_number": Decimal(2)}, shares_isbn=True)
        listed({"isbn13": ISBN, "series_number": "2", "title": "", "pages": "5"})
        listed({"isbn13": ISBN, "series_number": "", "title": "Genji II", "publisher": "Shinchosha"})
        assert Book.objects.get(pages=5) == Book.objects.get(publisher="Shinchosha", series_number=2)

    def test_another_number_with_the_same_title_is_not_another_volume(self) -> None:
        Book.objects.add({"title": "Mort", "isbn13": ISBN, "series": "Death", "series_number": Decimal(1)})
        assert (
            listed({"title": "Mort", "isbn13": ISBN, "series": "Discworld", "series_number": "4"}).totals.created == 0
        )

    def test_another_number_and_another_title_are_another_volume(self) -> None:
        Book.objects.add({"title": "Genji I", "isbn13": ISBN, "series_number": Decimal(1)})
        assert listed({"title": "Genji II", "isbn13": ISBN, "series_number": "2"}).totals.created == 1

    def test_a_book_found_by_isbn_without_source_key_gets_the_rows(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN})
        listed({"source_key": "a:1", "title": "Kokoro", "isbn13": ISBN})
        assert Book.objects.get().source_key == "a:1"

    def test_a_book_found_by_isbn_keeps_its_own_source_key(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN, "source_key": "b:9"})
        done = listed({"source_key": "a:1", "title": "Kokoro", "isbn13": ISBN})
        assert done.totals.unchanged == 1
        assert Book.objects.get().source_key == "b:9"

    def test_a_book_found_by_title_keeps_its_own_source_key(self) -> None:
        Book.objects.add({"title": "Kokoro", "source_key": "b:9"})
        assert listed({"source_key": "a:1", "title": "Kokoro"}).totals.unchanged == 1
        assert Book.objects.get().source_key == "b:9"

    def test_two_keys_of_one_source_are_two_books_whatever_their_titles(self) -> None:
        Book.objects.add({"title": "Kokoro", "source_key": "a:9"})
        assert listed({"source_key": "a:1", "title": "Kokoro"}).totals.created == 1

    def test_a_row_without_title_can_find_a_book_and_cannot_make_one(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN})
        done = listed({"isbn13": ISBN, "pages": "5", "title": ""}, {"isbn13": OTHER_ISBN, "pages": "5", "title": ""})
        assert done.totals.updated == 1
        assert [(reject.line, reject.field) for reject in done.rejects] == [(3, "title")]

    def test_an_isbn_of_another_book_is_left_out_with_its_id(self) -> None:
        Book.objects.add({"title": "Kokoro", "source_key": "a:1"})
        other = Book.objects.add({"title": "Botchan", "isbn13": ISBN})
        done = listed({"source_key": "a:1", "title": "Kokoro", "isbn13": ISBN, "pages": "5"})
        assert [(note.line, note.field, note.value) for note in done.notes] == [(2, "isbn13", ISBN)]
        assert f"book {other.pk}" in done.notes[0].reason
        book = Book.objects.get(source_key="a:1")
        assert (book.pages, book.isbn13) == (5, None)


class WithinOneFile(TestCase):
    """Rows of one file that lead to one book: the same at the first import and at each one after it."""

    def twice(self, *rows: dict[str, Any]) -> Imported:
        """What both imports said, if the second changed nothing."""
        first, second = listed(*rows), listed(*rows)
        assert (second.totals.created, second.totals.updated) == (0, 0)
        assert [reject.line for reject in first.rejects] == [reject.line for reject in second.rejects]
        assert first.totals.notes == second.totals.notes
        return first

    def test_of_two_source_keys_with_one_isbn_the_second_comes_in_without_it(self) -> None:
        done = self.twice(
            {"source_key": "a:1", "title": "Kokoro", "isbn13": ISBN},
            {"source_key": "a:2", "title": "Heart", "isbn13": ISBN},
        )
        assert (done.totals.created, done.notes[0].field) == (2, "isbn13")
        assert Book.objects.get(source_key="a:2").isbn13 is None

    def test_volumes_of_a_set_that_share_an_isbn_are_books_of_their_own(self) -> None:
        done = self.twice({"title": "Genji 1", "isbn13": ISBN}, {"title": "Genji 2", "isbn13": ISBN})
        assert (done.totals.created, done.totals.rejected) == (2, 0)
        assert [(note.line, note.field) for note in done.notes] == [(3, "isbn13")]

    def test_volumes_with_numbers_of_their_own_share_the_isbn_with_a_remark(self) -> None:
        done = self.twice(
            {"title": "Genji", "series": "Genji", "series_number": "1", "isbn13": ISBN},
            {"title": "Genji", "series": "Genji", "series_number": "2", "isbn13": ISBN},
        )
        assert (done.totals.created, done.totals.notes) == (2, 0)
        assert [(note.line, note.field) for note in done.notes] == [(3, "isbn13")]
        numbers = Book.objects.filter(isbn13=ISBN).order_by("series_number").values_list("series_number", flat=True)
        assert list(numbers) == [1, 2]

    def test_volumes_share_the_isbn_whichever_columns_tell_them_apart(self) -> None:
        done = self.twice(
            {"title": "Genji", "series_number": "", "isbn13": ISBN},
            {"title": "Genji, the end", "series_number": "2", "isbn13": ISBN},
            {"source_key": "a:1", "title": "Genji, more", "series_number": "3", "isbn13": ISBN},
        )
        assert (done.totals.created, Book.objects.filter(isbn13=ISBN).count()) == (3, 3)

    def test_a_later_row_does_not_become_a_volume_that_is_there(self) -> None:
        done = self.twice(
            {"source_key": "a:1", "title": "Genji", "series_number": "", "isbn13": ISBN},
            {"source_key": "a:2", "title": "Genji II", "series_number": "2", "isbn13": ISBN},
            {"source_key": "a:1", "title": "", "series_number": "2", "isbn13": ""},
        )
        assert sorted((note.line, note.field) for note in done.notes) == [(3, "isbn13"), (4, "series_number")]
        assert Book.objects.get(source_key="a:1").series_number is None

    def test_of_two_source_keys_with_the_isbn_of_another_sources_book_the_second_comes_in_without_it(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN, "source_key": "b:9"})
        done = self.twice(
            {"source_key": "a:1", "title": "Kokoro", "isbn13": ISBN, "publisher": "Iwanami"},
            {"source_key": "a:2", "title": "Kokoro", "isbn13": ISBN, "publisher": "Shinchō"},
        )
        assert (done.totals.updated, done.totals.created) == (1, 1)

    def test_a_book_that_another_key_was_merged_into_is_not_also_its_own_rows(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN, "source_key": "b:9"})
        done = self.twice(
            {"source_key": "a:1", "title": "Kokoro", "isbn13": ISBN},
            {"source_key": "b:9", "title": "Heart", "isbn13": ""},
        )
        assert done.rejects[0].field == "source_key"

    def test_of_two_source_keys_with_one_title_each_has_its_book(self) -> None:
        done = self.twice({"source_key": "a:1", "title": "Kokoro"}, {"source_key": "b:2", "title": "Kokoro"})
        assert done.totals.created == 2

    def test_the_same_row_twice_is_one_book(self) -> None:
        done = self.twice({"title": "Kokoro", "pages": "5"}, {"title": "Kokoro", "pages": "5"})
        assert (done.totals.created, done.totals.unchanged) == (1, 1)

    def test_a_further_row_fills_in(self) -> None:
        done = self.twice({"title": "Kokoro", "isbn13": ISBN, "pages": ""}, {"title": "", "isbn13": ISBN, "pages": "5"})
        assert (done.totals.created, done.totals.updated) == (1, 1)
        assert Book.objects.get().pages == 5

    def test_what_a_further_row_says_otherwise_is_left_out(self) -> None:
        done = self.twice(
            {"source_key": "a:1", "title": "Kokoro", "pages": "4"},
            {"source_key": "a:1", "title": "Kokoro", "pages": "5"},
        )
        assert [note.reason for note in done.notes] == ["An earlier row for this book says otherwise: 4."]
        assert Book.objects.get().pages == 4

    def test_a_year_is_not_filled_in_by_which_the_earlier_row_would_not_find_its_book_again(self) -> None:
        done = self.twice(
            {"title": "Kokoro", "isbn13": "", "published_year": ""},
            {"title": "Kokoro", "isbn13": ISBN, "published_year": ""},
            {"title": "Kokoro", "isbn13": ISBN, "published_year": "1914"},
        )
        assert [(note.line, note.field) for note in done.notes] == [(4, "published_year")]

    def test_it_is_the_same_when_each_row_is_a_batch(self) -> None:
        rows = [{"source_key": f"a:{number}", "title": "Kokoro", "isbn13": ISBN} for number in range(3)]
        assert [note.line for note in listed(*rows, batch_rows=1).notes] == [3, 4]

    def test_it_is_the_same_after_a_checkpoint(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN, "source_key": "b:9"})
        rows = [{"source_key": f"a:{number}", "title": "Kokoro", "isbn13": ISBN} for number in range(2)]
        halfway = listed(*rows, batch_rows=1).steps[1].checkpoint
        done = listed(*rows, checkpoint=halfway)
        assert (done.totals.unchanged, [note.line for note in done.notes]) == (2, [3])


class Correcting(TestCase):
    def test_an_update_raises_the_version_by_one_and_sets_the_time(self) -> None:
        before = Book.objects.add({"title": "Kokoro", "source_key": "a:1"})
        listed({"source_key": "a:1", "title": "Heart"})
        after = Book.objects.get()
        assert (after.version, after.created_at) == (2, before.created_at)
        assert after.updated_at > before.updated_at

    def test_an_unchanged_book_keeps_its_version_and_time(self) -> None:
        before = Book.objects.add({"title": "Kokoro", "source_key": "a:1", "topics": ["Novels"]})
        listed({"source_key": "a:1", "title": "Kokoro", "topics": "novels"})
        after = Book.objects.get()
        assert (after.version, after.updated_at) == (before.version, before.updated_at)

    def test_an_isbn_given_up_by_one_row_can_be_taken_by_the_next(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN, "source_key": "a:1"})
        done = listed(
            {"source_key": "a:1", "title": "Kokoro", "isbn13": OTHER_ISBN},
            {"source_key": "a:2", "title": "Botchan", "isbn13": ISBN},
        )
        assert (done.totals.created, done.totals.updated) == (1, 1)

    def test_a_topic_is_spelled_as_the_catalogue_spells_it(self) -> None:
        Book.objects.add({"title": "Botchan", "topics": ["Novels"]})
        listed({"title": "Kokoro", "topics": "novels; CLASSICS"}, {"title": "Sanshirō", "topics": "classics"})
        assert Book.objects.get(title="Kokoro").topic_names == "CLASSICS\nNovels"
        assert Book.objects.get(title="Sanshirō").topic_names == "CLASSICS"


class Existing(TestCase):
    """What a row does to a book that is here already."""

    def row(self, existing: str, **fields: str) -> tuple[Imported, Book]:
        done = listed({"isbn13": ISBN, **fields}, existing=existing)
        return done, Book.objects.get()

    def setUp(self) -> None:
        Book.objects.add({"title": "Kokoro", "isbn13": ISBN, "pages": 5, "topics": ["Novels"]})

    def test_filling_gives_what_is_lacking_adds_topics_and_replaces_nothing(self) -> None:
        done, book = self.row("fill", title="Heart", pages="6", publisher="Iwanami", topics="Classics")
        assert done.totals.updated == 1
        assert (book.title, book.pages, book.publisher) == ("Kokoro", 5, "Iwanami")
        assert book.topic_names == "Classics\nNovels"

    def test_replacing_takes_what_the_row_gives(self) -> None:
        _, book = self.row("replace", title="Heart", pages="6", topics="Classics")
        assert (book.title, book.pages, book.topic_names) == ("Heart", 6, "Classics")

    def test_a_number_in_a_series_has_the_label_that_came_with_it(self) -> None:
        for existing, written, want in (
            ("replace", "1-3", (1, "1-3")),
            ("fill", "下", (1, "1-3")),
            ("replace", "4", (4, "")),
            ("fill", "4a", (4, "4a")),
        ):
            _, book = self.row(existing, title="Kokoro", series_number=written)
            assert (book.series_number, book.series_label) == want

    def test_skipping_changes_nothing(self) -> None:
        done, book = self.row("skip", title="Heart", publisher="Iwanami", topics="Classics")
        assert (done.totals.unchanged, book.title, book.publisher, book.version) == (1, "Kokoro", "", 1)

    def test_any_list_fills_gaps_and_an_export_of_ours_that_was_edited_replaces(self) -> None:
        imported(text_file(f"Titel;ISBN;Seiten;Verlag\nHeart;{ISBN};6;Iwanami\n"))
        assert (Book.objects.get().title, Book.objects.get().publisher) == ("Kokoro", "Iwanami")
        assert self.row("", title="Heart")[1].title == "Kokoro"
        assert self.row("", title="Heart", source_key="")[1].title == "Heart"

    def test_what_a_person_has_corrected_since_an_import_stays_and_is_noted(self) -> None:
        _, book = self.row("replace", title="Kokorro", publisher="Iwanami")
        Book.objects.change(book.pk, {"title": "Kokoro"}, actor=Actor(Channel.API))
        for existing in ("fill", "replace"):
            done, book = self.row(existing, title="Kokorro", publisher="Iwanami Shoten")
            assert book.title == "Kokoro"
        assert book.publisher == "Iwanami Shoten"
        assert [(note.field, note.value) for note in done.notes] == [("title", "Kokorro")]

    def test_a_list_of_isbns_adds_books_that_are_called_by_their_isbn_and_leaves_others_alone(self) -> None:
        done = imported(text_file(f"{ISBN}\n{OTHER_ISBN}\n"), existing="replace")
        assert list(Book.objects.order_by("pk").values_list("title", flat=True)) == ["Kokoro", f"ISBN {OTHER_ISBN}"]
        assert (done.totals.created, done.totals.unchanged, done.notes[0].field) == (1, 1, "title")


class OnePersonARow(TestCase):
    def test_a_title_that_only_says_the_isbn_is_filled_in(self) -> None:
        Book.objects.add({"title": f"ISBN {ISBN}", "isbn13": ISBN})
        assert listed({"title": "Kokoro", "isbn13": ISBN}, existing="fill").totals.updated == 1
        assert Book.objects.get().title == "Kokoro"

    def test_a_person_is_added_wherever_in_the_file_the_row_stands(self) -> None:
        done = persons(("7", "遺訓", "西郷"), ("8", "心", "夏目"), ("7", "遺訓", "佐藤"))
        assert (done.totals.created, done.totals.updated) == (2, 1)
        assert Book.objects.get(source_key="aozora:7").author_names == "西郷\n佐藤"

    def test_a_person_is_added_in_a_later_batch_too(self) -> None:
        file = csv_file(
            {"作品ID": "7", "作品名": "遺訓", "著者名": name, "翻訳者名等": ""} for name in ("西郷", "佐藤", "西郷")
        )
        done = imported(file, batch_rows=1)
        assert (done.totals.created, done.totals.updated, done.totals.unchanged) == (1, 1, 1)
        assert Book.objects.get().as_record()["authors"] == ["西郷", "佐藤"]

    def test_a_second_import_leaves_every_row_unchanged(self) -> None:
        rows = [("7", "遺訓", "西郷"), ("7", "遺訓", "佐藤")]
        persons(*rows)
        assert persons(*rows).totals.unchanged == 2

    def test_a_book_added_by_hand_becomes_the_sources(self) -> None:
        Book.objects.add({"title": "心", "authors": ["夏目"]})
        persons(("8", "心", "夏目"))
        assert Book.objects.get().source_key == "aozora:8"

    def test_a_book_of_another_source_is_not_merged_with(self) -> None:
        """A second person's row could not find it again: it has neither the key nor the authors to go by."""
        Book.objects.add({"title": "心", "authors": ["夏目"], "source_key": "b:1"})
        assert persons(("8", "心", "夏目"), ("8", "心", "佐藤")).totals.created == 1

    def test_more_people_than_a_book_can_have_are_rejected(self) -> None:
        done = persons(*(("7", "遺訓", f"P{number}") for number in range(101)))
        assert (done.totals.updated, done.rejects[0].field) == (99, "authors")
