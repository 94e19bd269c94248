"""A row that creates a book beside one like it says so; it creates it all the same."""

from typing import Any
from unittest import mock

from django.test import TestCase

from books.models import Book
from tests.importing.lists import Imported, csv_file, imported

ISBN, OTHER_ISBN = "9780306406157", "9780895267153"


def listed(*rows: dict[str, Any], **options: Any) -> Imported:
    return imported(csv_file(rows), **options)


class Similar(TestCase):
    def setUp(self) -> None:
        self.book = Book.objects.add({"title": "Kokoro", "authors": ["Natsume Sōseki"], "published_year": 1914})

    def test_a_new_book_that_may_be_here_is_noted_with_that_books_address(self) -> None:
        done = listed({"title": "Other"}, {"title": "KOKORO: a novel", "authors": "Soseki, Natsume"})
        [note] = done.notes
        assert (note.line, note.field, note.value) == (3, "title", "KOKORO: a novel")
        assert f"/books/{self.book.pk}/" in note.reason
        assert (done.totals.created, done.totals.similar, done.totals.notes) == (2, 1, 0)

    def test_two_rows_of_one_file_are_compared_too(self) -> None:
        rows = [{"title": "Botchan", "authors": "A B"}, {"title": "Botchan!", "authors": "B, A"}]
        assert [note.line for note in listed(*rows).notes] == [3]

    def test_a_row_that_finds_its_book_is_no_new_one(self) -> None:
        done = listed({"title": "Kokoro", "authors": "Natsume Sōseki", "published_year": "1914", "pages": "9"})
        assert (done.totals.updated, done.notes) == (1, [])

    def test_two_isbns_are_two_editions(self) -> None:
        Book.objects.update(isbn13=ISBN)
        row = {"title": "Kokoro", "authors": "Natsume Soseki"}
        assert listed({**row, "isbn13": OTHER_ISBN}).notes == []
        assert listed({**row, "title": "Kokoro!"}).totals.similar == 1

    def test_what_one_source_keeps_apart_is_apart_and_another_source_is_not(self) -> None:
        Book.objects.update(source_key="a:1")
        row = {"title": "Kokoro", "authors": "Natsume Soseki"}
        assert listed({**row, "source_key": "a:2"}).notes == []
        assert listed({**row, "title": "Kokoro!", "source_key": "b:2"}).totals.similar == 1

    def test_no_more_are_compared_than_a_batch_has_time_for(self) -> None:
        for number, bound in enumerate(("MAX_COMPARED", "MAX_EACH")):
            with self.subTest(bound), mock.patch(f"books.importing.similar.{bound}", 0):
                row = {"title": "Kokoro" + "!" * number, "authors": "Natsume Soseki"}
                assert listed(row).totals == (1, 0, 0, 0, 0, 0)

    def test_the_same_file_again_notes_nothing(self) -> None:
        row = {"title": "Kokoro!", "authors": "Natsume Soseki"}
        listed(row)
        assert listed(row).notes == []

    def test_it_is_counted_on_from_a_checkpoint_of_before_there_was_such_a_count(self) -> None:
        rows = {"title": "A"}, {"title": "Kokoro!", "authors": "Natsume Soseki"}
        checkpoint = listed(*rows, batch_rows=1).steps[1].checkpoint
        Book.objects.exclude(pk=self.book.pk).delete()
        assert len(checkpoint["totals"]) == 6
        checkpoint["totals"].pop()
        assert listed(*rows, checkpoint=checkpoint).totals == (2, 0, 0, 0, 0, 1)
