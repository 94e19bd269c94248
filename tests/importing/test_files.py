import csv
import io
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from books.importing.encoding import UnreadableFile
from books.importing.importer import BATCH_BYTES, DRY_RUN_BATCHES, Progress, import_file
from books.importing.report import reject_header, reject_lines
from books.models import Author, Book, Topic
from tests.examples import some
from tests.importing.lists import catalogue, csv_file, imported, text_file

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
            "topics": st.sampled_from(["", "Novels", "Novels; Classics", "Sci-Fi"]),
        }
    ),
    max_size=7,
    unique_by=lambda row: row["source_key"] or object(),
)


HEADERS = ["", "title,authors,pages\n", "source_key;title;pages\n", "title,line,field,reason\n", '{"title": "A"}\n']
PIECES = st.text(max_size=5) | st.sampled_from(
    [
        *('"', ",", ";", "\n", "\r", "'=", "=", "\0", "\ud800", "心", "9" * 400, "1e400", "-", "[", "{", "}"),
        *('{"title": "B"}\n', '{"title": "C", "title": "D"}\n', '"title": ', "a:1", "A,B,1\n", "k;A;1\n"),
    ]
)


class AnyBytes(HypothesisTestCase):
    @settings(max_examples=some(60), deadline=None)
    @given(st.sampled_from(HEADERS), st.lists(PIECES).map("".join), st.booleans())
    def test_each_row_is_a_book_or_a_reject_that_can_be_written(self, header: str, text: str, is_cut: bool) -> None:
        data = (header + text).encode("utf-8", "surrogatepass")[: -1 if is_cut else None]
        try:
            done = imported(BytesIO(data))
        except UnreadableFile:
            return
        assert len(done.rejects) == done.totals.rejected
        assert all(reject.reason for reject in done.rejects)
        header_read = done.steps[-1].table.header
        written = reject_header(header_read) + reject_lines(header_read, done.rejects)
        assert len(list(csv.reader(io.StringIO(written.decode(), newline="")))) == done.totals.rejected + 1


class AnyList(HypothesisTestCase):
    """Lists whose rows name the same books in every way they can."""

    def setUp(self) -> None:
        Book.objects.all().delete()

    @settings(max_examples=some(40))
    @given(rows)
    def test_a_second_import_changes_nothing(self, listed: list[dict[str, Any]]) -> None:
        file = csv_file(listed, COLUMNS)
        first = imported(file)
        held = catalogue()
        second = imported(file)
        assert first.totals.rows == second.totals.rows == len(listed)
        assert second.totals.created == second.totals.updated == 0
        assert catalogue() == held

    @settings(max_examples=some(25))
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

    @settings(max_examples=some(25))
    @given(rows, rows)
    def test_the_size_of_the_batches_makes_no_difference(
        self, before: list[dict[str, Any]], listed: list[dict[str, Any]]
    ) -> None:
        results = []
        imported(csv_file(before, COLUMNS))
        for size in (1, 3, 1000):
            with transaction.atomic():
                done = imported(csv_file(listed, COLUMNS), batch_rows=size)
                totals = done.totals._replace(similar=0)  # as the batch leaves its books
                results.append((totals, [reject.line for reject in done.rejects], catalogue()))
                transaction.set_rollback(True)
        assert results[0] == results[1] == results[2]


class Batches(TestCase):
    def test_it_says_how_far_it_is_before_the_first_batch_and_after_each(self) -> None:
        file = text_file("title\nA\nB\nC\n")
        steps = imported(file, batch_rows=2).steps
        assert [(step.totals.rows, step.start, step.lines) for step in steps] == [(0, 6, 1), (2, 10, 3), (3, 12, 4)]
        assert {step.table.size for step in steps} == {12}

    def test_a_batch_ends_early_when_its_rows_are_big(self) -> None:
        lines = [
            f'{{"title": "{number}", "description": "{"x" * 20_000}"}}\n' for number in range(BATCH_BYTES // 15_000)
        ]
        assert len(imported(text_file("".join(lines))).steps) == 3

    def test_it_stops_between_batches_with_what_was_done_so_far(self) -> None:
        steps = import_file(text_file("title\nA\nB\nC\n"), batch_rows=1)
        next(steps)
        next(steps)
        steps.close()
        assert Book.objects.get().title == "A"

    def test_a_path_will_do_for_a_file(self) -> None:
        path = Path(__file__).resolve().parents[2] / "books/starter_books.csv"
        assert [step.totals.rejected for step in import_file(path)][-1] == 0

    def test_a_file_stays_open_for_the_one_who_opened_it(self) -> None:
        file = text_file("title\nA\n")
        imported(file)
        assert not file.closed


@pytest.mark.sqlite
class Memory(TransactionTestCase):
    def pages(self) -> tuple[int, int]:
        """KiB in memory, as a negative number, and pages of the log before it is copied."""
        with connection.cursor() as cursor:
            [cache] = cursor.execute("PRAGMA cache_size").fetchone()
            [log] = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()
        return cache, log

    def test_a_connection_holds_more_pages_while_it_imports(self) -> None:
        before, steps = self.pages(), import_file(csv_file([{"title": "Kokoro"}]))
        next(steps)
        assert self.pages() == (-16_000, 4000)
        steps.close()
        assert self.pages() == before


class Checkpoints(TestCase):
    FILE = b"title\nA\nB\nC\nD\n"

    def kept(self) -> list[Progress]:
        kept: list[Progress] = []
        imported(BytesIO(self.FILE), batch_rows=1, save=kept.append)
        return kept

    def test_an_import_goes_on_from_where_another_stopped(self) -> None:
        checkpoint = self.kept()[1].checkpoint
        Book.objects.all().delete()
        done = imported(BytesIO(self.FILE), checkpoint=checkpoint)
        assert list(Book.objects.values_list("title", flat=True).order_by("title")) == ["C", "D"]
        assert done.totals.created == 4

    def test_the_last_checkpoint_has_nothing_left_to_do(self) -> None:
        done = imported(BytesIO(self.FILE), checkpoint=self.kept()[-1].checkpoint)
        assert (len(done.steps), done.totals.created) == (1, 4)

    def test_a_checkpoint_of_another_file_is_refused(self) -> None:
        with pytest.raises(UnreadableFile, match="has changed"):
            imported(BytesIO(self.FILE + b"E\n"), checkpoint=self.kept()[0].checkpoint)

    def test_it_is_saved_if_and_only_if_its_batch_is(self) -> None:
        def save(progress: Progress) -> None:
            Book.objects.add({"title": f"checkpoint {progress.totals.rows}"})
            if progress.totals.rows == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            imported(BytesIO(self.FILE), batch_rows=1, save=save)
        assert set(Book.objects.values_list("title", flat=True)) == {"A", "checkpoint 1"}


class OtherWriters(TestCase):
    """Conflicts as other writers cause them; here `save`, which runs in the batch's transaction, stands for these."""

    FILE = b"title\nA\nB\nC\n"

    def conflicts(self, *tries: int) -> Any:
        """A `save` at whose calls of these numbers the transaction fails."""
        calls = iter(range(1, 100))

        def save(_: Progress) -> None:
            if next(calls) in tries:
                raise IntegrityError

        return save

    def test_a_batch_is_tried_again(self) -> None:
        done = imported(BytesIO(self.FILE), save=self.conflicts(1))
        assert (len(done.steps), done.totals.created, Book.objects.count()) == (2, 3, 3)

    def test_then_its_rows_are_stored_one_by_one(self) -> None:
        done = imported(BytesIO(self.FILE), save=self.conflicts(1, 2))
        assert (len(done.steps), done.totals.created, Book.objects.count()) == (4, 3, 3)
        assert [step.lines for step in done.steps] == [1, 2, 3, 4]

    def test_a_row_that_cannot_be_stored_even_so_is_rejected(self) -> None:
        done = imported(BytesIO(self.FILE), save=self.conflicts(1, 2, 4, 5))
        assert (done.totals.created, done.totals.rejected, Book.objects.count()) == (2, 1, 2)
        assert (done.rejects[0].line, done.rejects[0].cells) == (3, ["B"])
        assert "import the file again" in done.rejects[0].reason


class DryRun(TestCase):
    def test_it_counts_as_the_import_would_and_leaves_everything_as_it_was(self) -> None:
        Book.objects.add({"title": "Kokoro", "source_key": "a:1", "authors": ["Sōseki"]})
        held = catalogue()
        file = text_file("source_key,title,authors\na:1,Heart,Ogai\na:2,Botchan,\na:2,Botchan,\na:3,,\n")
        dry = imported(file, dry_run=True, batch_rows=1)
        assert catalogue() == held
        assert not Author.objects.filter(name="Ogai").exists()
        assert dry.totals == imported(file).totals == (1, 1, 1, 1, 0, 0)

    def test_rows_far_apart_are_tried_by_themselves(self) -> None:
        file = text_file("title\nA\n" + "B\n" * DRY_RUN_BATCHES + "A\n")
        assert imported(file, dry_run=True, batch_rows=1).totals.created == 4
        assert imported(file).totals.created == 2

    def test_nothing_is_saved_of_it(self) -> None:
        imported(text_file("title\nA\n"), dry_run=True, save=lambda _: pytest.fail("saved"))
