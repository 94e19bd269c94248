"""What an import leaves in the tables: the same as if each book had been written by itself."""

from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from books.models import Author, Book, Change, Series, Topic
from tests.importing.lists import catalogue, csv_file, imported

FULL: dict[str, Any] = {
    "source_key": "a:1",
    "title": "The Hobbit",
    "subtitle": "There and Back Again",
    "authors": ["J. R. R. Tolkien", "Alan Lee"],
    "isbn13": "9780261102217",
    "publisher": "Allen & Unwin",
    "published_year": -5,
    "language": "en",
    "pages": 310,
    "description": "Two\nlines",
    "topics": ["Fantasy", "Novels"],
    "series": "Middle-earth",
    "series_number": Decimal("1.50"),
    "more_series": ["Great books #1-3", "Red books"],
    "contributors": ["Ann Lee (translator)", "Tolkien (illustrator)", "Ann Lee (editor)"],
}
CELLS = FULL | {name: "; ".join(FULL[name]) for name in ("authors", "topics", "more_series", "contributors")}


class Stored(TestCase):
    def test_a_new_book_is_as_if_it_had_been_added_by_itself(self) -> None:
        Book.objects.add(FULL)  # type: ignore[arg-type]
        expected = catalogue()
        Book.objects.all().delete()
        imported(csv_file([CELLS]))
        assert catalogue() == expected

    def test_a_changed_book_is_as_if_it_had_been_changed_by_itself(self) -> None:
        change = {
            "title": "O Hobbit",
            "authors": ["Alan Lee", "Tolkien"],
            "topics": ["Classics"],
            "more_series": ["Red books #2"],
            "pages": 1,
        }
        book = Book.objects.add(FULL)  # type: ignore[arg-type]
        Book.objects.change(book.pk, change)  # type: ignore[arg-type]
        expected = catalogue()
        Book.objects.all().delete()
        imported(csv_file([CELLS]))
        others = {"authors": "Alan Lee; Tolkien", "topics": "Classics", "more_series": "Red books #2"}
        imported(csv_file([{**CELLS, **change, **others}]))
        assert catalogue() == expected

    def test_authors_topics_and_series_that_no_book_names_any_more_are_forgotten(self) -> None:
        Book.objects.add({"title": "Other", "authors": ["Alan Lee"]})
        imported(csv_file([CELLS]))
        row = {"source_key": "a:1", "title": "The Hobbit", "authors": "Tolkien", "topics": "Classics"}
        row["contributors"] = "Alan Lee (editor)"
        imported(csv_file([{**row, "series": "Green books", "more_series": "Blue books #2"}]))
        assert set(Author.objects.values_list("name", flat=True)) == {"Alan Lee", "Tolkien"}
        assert set(Topic.objects.values_list("name", flat=True)) == {"Classics"}
        assert set(Series.objects.values_list("name", flat=True)) == {"Green books", "Blue books"}

    def test_every_change_is_in_the_history(self) -> None:
        imported(csv_file([CELLS]))
        imported(csv_file([{"source_key": "a:1", "title": "The Hobbit", "pages": "311"}]))
        changes = Change.objects.order_by("id").values_list("action", "version", "fields", "via")
        assert list(changes) == [("added", 1, {}, "import"), ("changed", 2, {"pages": [310, 311]}, "import")]

    def test_a_rejected_row_leaves_nothing_behind(self) -> None:
        rows = [CELLS, {**CELLS, "source_key": "a:2", "title": "", "authors": "Nobody", "topics": "Nothing"}]
        assert imported(csv_file(rows)).totals.rejected == 1
        assert not Author.objects.filter(name="Nobody").exists()
        assert not Topic.objects.filter(name="Nothing").exists()


class Queries(TestCase):
    def queries(self, *books: dict[str, Any]) -> list[str]:
        """What the import of these books asks of the database."""
        with CaptureQueriesContext(connection) as captured:
            imported(csv_file(books))
        return [query["sql"] for query in captured]

    def new_books(self, source: str, count: int) -> list[dict[str, Any]]:
        return [{"source_key": f"{source}:{n}", "title": f"{source} {n}", "authors": "Lee"} for n in range(count)]

    def test_a_batch_costs_the_same_queries_whatever_its_size(self) -> None:
        self.queries(*self.new_books("first", 1))
        assert len(self.queries(*self.new_books("a", 90))) == len(self.queries(*self.new_books("b", 10)))

    def test_a_batch_finds_its_books_by_two_queries_at_most_and_those_like_its_new_ones_by_one_more(self) -> None:
        queries = self.queries(CELLS, *self.new_books("b", 50))
        assert len([sql for sql in queries if sql.startswith("SELECT") and 'FROM "books_book"' in sql]) == 3

    def test_a_batch_that_changes_nothing_finds_its_books_by_one_and_writes_nothing(self) -> None:
        self.queries(CELLS)
        queries = [sql for sql in self.queries({**CELLS, "topics": ""}) if "pg_advisory" not in sql]
        assert [sql.split()[0] for sql in queries] == ["SAVEPOINT", "SELECT", "RELEASE"]
