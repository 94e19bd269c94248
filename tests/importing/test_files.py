from typing import Any

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from books.models import Author, Book, Topic
from tests.importing.lists import catalogue, csv_file, imported

COLUMNS = ["source_key", "title", "authors", "isbn13", "published_year", "publisher", "topics"]
ISBNS = ["", "9780306406157", "9780439023481", "9784101010014"]

rows = st.lists(
    st.fixed_dictionaries(
        {
            "source_key": st.sampled_from(["", "a:1", "a:2", "b:1", "b:2", "c"]),
            "title": st.sampled_from(["Kokoro", "kokoro", "Botchan"]),
            "authors": st.sampled_from(["", "Sōseki", "Sōseki; Ogai"]),
            "isbn13": st.sampled_from(ISBNS),
            "published_year": st.sampled_from(["", "1914"]),
            "publisher": st.sampled_from(["", "Iwanami", "Shinchō"]),
            "topics": st.sampled_from(["", "Novels", "novels; Classics", "Sci-Fi"]),
        }
    ),
    max_size=7,
    unique_by=lambda row: row["source_key"] or object(),
)


class AnyList(HypothesisTestCase):
    """Lists whose rows name the same books in every way they can."""

    def setUp(self) -> None:
        Book.objects.all().delete()

    @settings(max_examples=150)
    @given(rows)
    def test_a_second_import_changes_nothing(self, listed: list[dict[str, Any]]) -> None:
        file = csv_file(listed, COLUMNS)
        first = imported(file)
        held = catalogue()
        second = imported(file)
        assert first.totals.rows == second.totals.rows == len(listed)
        assert second.totals.created == second.totals.updated == 0
        assert catalogue() == held

    @settings(max_examples=100)
    @given(rows, rows)
    def test_links_and_derived_columns_follow_and_nothing_unused_stays(
        self, before: list[dict[str, Any]], listed: list[dict[str, Any]]
    ) -> None:
        imported(csv_file(before, COLUMNS))
        imported(csv_file(listed, COLUMNS))
        for book in catalogue():
            assert book["by"] == book["authors"]
            assert book["under"] == book["topics"]
        assert not Author.objects.filter(bookauthor=None).exists()
        assert not Topic.objects.filter(booktopic=None).exists()

    @settings(max_examples=100)
    @given(rows, rows)
    def test_the_size_of_the_batches_makes_no_difference(
        self, before: list[dict[str, Any]], listed: list[dict[str, Any]]
    ) -> None:
        results = []
        for size in (1, 3, 1000):
            with transaction.atomic():
                imported(csv_file(before, COLUMNS))
                done = imported(csv_file(listed, COLUMNS), batch_rows=size)
                results.append((done.totals, [reject.line for reject in done.rejects], catalogue()))
                transaction.set_rollback(True)
        assert results[0] == results[1] == results[2]
