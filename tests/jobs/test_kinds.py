"""The kinds of jobs, each run to its end by a worker within this process."""

import csv
import io
import json
from typing import Any
from unittest import mock

from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import TransactionTestCase
from python_calamine import CalamineWorkbook

from books.forms.jobs import ExportForm, ImportForm
from books.history.rename import edit
from books.importing.containers import sheet
from books.jobs.kinds import KINDS
from books.jobs.run import MAX_CONSECUTIVE_FAILURES, JobAborted, Postponed, Run, StopReason
from books.jobs.start import start
from books.jobs.tasks import import_books, undo_import
from books.models import Actor, Author, Book, Change, Channel, Job, JobFile, Series, Status, Topic
from books.models.change import COMMAND
from tests.importing.lists import catalogue, csv_file
from tests.jobs.working import make_due, work

ROWS = [{"title": f"T{number}", "authors": f"A{number % 5}", "pages": number + 1} for number in range(40)]


def run(kind: str, **arguments: Any) -> Job:
    """A job of this kind, ended."""
    job, _ = start(KINDS[kind].task, arguments)
    work()
    job.refresh_from_db()
    return job


def upload(rows: Any, name: str = "books.csv") -> JobFile:
    return JobFile.objects.store(name, csv_file(rows))


def run_import(file: JobFile, **arguments: Any) -> Job:
    given = {"dry_run": False, "mapping": {}, "format": "", **arguments}
    job, _ = start(
        KINDS["import"].task, given, file=file, by=Actor(Channel.API, User.objects.get_or_create(username="a")[0].pk)
    )
    work()
    job.refresh_from_db()
    return job


def content(job: Job, name: str) -> str:
    with job.files.get(name=name).open() as file:
        return file.read().decode("utf-8-sig")


class Import(TransactionTestCase):
    def test_the_books_come_in_and_the_result_counts_them(self) -> None:
        job = run_import(upload(ROWS))
        assert (job.kind, job.status, job.error) == ("import", Status.SUCCEEDED, "")
        assert job.result["rows"] == job.result["created"] == Book.objects.count() == 40
        assert (job.done, job.total) == (40, 40)
        assert "40 added" in job.message

    def test_each_change_says_who_started_the_job_and_which_it_was(self) -> None:
        job = run_import(upload(ROWS))
        assert set(Change.objects.values_list("via", "user", "job_id")) == {("import", job.created_by_id, job.pk)}

    def test_rejects_are_a_file_with_line_field_and_reason(self) -> None:
        job = run_import(upload([*ROWS, {"title": "", "authors": "x", "pages": "5"}]))
        assert job.result["rejected"] == 1
        [reject] = csv.DictReader(io.StringIO(content(job, "books.csv.rejects.csv")))
        assert (reject["authors"], reject["line"], reject["field"]) == ("x", "42", "title")
        assert job.result["first_rejects"][0]["reason"] == reject["reason"]

    def test_rejects_are_no_formulas_and_imported_again_they_are_what_was_sent(self) -> None:
        titles = ["=1+1", "'=1+1", "＠x", "'Salem’s Lot"]
        too_long = "-" * 1000
        job = run_import(upload([{"title": f"{title}{too_long}"} for title in titles]))
        rejects = content(job, "books.csv.rejects.csv").replace(too_long, "")
        assert [row["title"] for row in csv.DictReader(io.StringIO(rejects))] == [
            "'=1+1",
            "''=1+1",
            "'＠x",
            "'Salem’s Lot",
        ]
        again = JobFile.objects.store("rejects.csv", io.BytesIO(rejects.encode()))
        assert run_import(again).result["created"] == 4
        assert list(Book.objects.order_by("pk").values_list("title", flat=True)) == titles

    def test_a_new_book_that_may_be_here_is_in_a_file_of_notes(self) -> None:
        book = Book.objects.add({"title": "Kokoro", "authors": ["Natsume Sōseki"]})
        job = run_import(upload([{"title": "KOKORO!", "authors": "Soseki, Natsume"}]))
        assert (job.result["created"], job.result["similar"]) == (1, 1)
        [note] = csv.DictReader(io.StringIO(content(job, "books.csv.notes.csv")))
        assert f"/books/{book.pk}/" in note["reason"]
        assert note["book"] == Book.objects.latest("pk").get_absolute_url()

    def test_a_note_leads_to_the_book_unless_the_test_run_has_taken_it_back(self) -> None:
        rows = [{"title": "Kokoro", "pages": "many"}]
        assert run_import(upload(rows), dry_run=True).result["first_notes"][0]["book"] == ""
        job = run_import(upload(rows))
        assert job.result["first_notes"][0]["book"] == Book.objects.get().get_absolute_url()

    def test_a_dry_run_reports_and_changes_nothing(self) -> None:
        job = run_import(upload([*ROWS, {"title": "", "authors": "B", "pages": ""}]), dry_run=True)
        assert (job.result["created"], job.result["rejected"], job.result["dry_run"]) == (40, 1, True)
        assert not Book.objects.exists()
        assert "A book needs a title" in content(job, "books.csv.rejects.csv")

    def test_columns_can_be_mapped(self) -> None:
        run_import(upload([{"Buch": "Der Prozess"}]), mapping={"title": "Buch"})
        assert Book.objects.get().title == "Der Prozess"

    def test_a_file_that_cannot_be_read_fails_at_once_with_advice(self) -> None:
        job = run_import(JobFile.objects.store("x.pdf", io.BytesIO(b"%PDF-1.4")))
        assert (job.status, job.attempt) == (Status.FAILED, 1)
        assert job.error == "This is not a text file but a PDF document: ask for the list as CSV."

    def test_it_goes_on_from_where_it_was_stopped_and_the_outcome_is_the_same(self) -> None:
        rows = [*ROWS, {"title": "", "authors": "B", "pages": 7}]
        run_import(upload(rows))
        clean, rejects = catalogue(), content(Job.objects.get(), "books.csv.rejects.csv")
        for model in (Book, Author, Job, Change):
            model.objects.all().delete()
        stops = iter([None, None, StopReason.STOPPING] * 100)  # before the body, and after each batch

        def check(self: Run) -> None:
            if why := next(stops):
                raise JobAborted(why)

        with mock.patch.object(Run, "check", check), mock.patch.object(import_books, "BATCH_ROWS", 7):
            job = run_import(upload(rows))
        assert (job.status, job.attempt, job.result["created"]) == (Status.SUCCEEDED, 1, 40)
        assert catalogue() == clean
        assert content(job, "books.csv.rejects.csv") == rejects

    def test_it_ends_while_a_spreadsheet_still_loads(self) -> None:
        reasons = iter([None, StopReason.CANCELLED])  # before the body, and while it loads

        def check(self: Run) -> None:
            self.stop_reason = next(reasons)
            if self.stop_reason:
                raise JobAborted(self.stop_reason)

        with mock.patch.object(Run, "check", check), mock.patch.object(sheet, "CHECK_EVERY", 1):
            job = run_import(JobFile.objects.store("books.xlsx", io.BytesIO(b"PK\3\4damaged")))
        assert (job.status, job.error) == (Status.CANCELLED, "")


class Undo(TransactionTestCase):
    def test_a_whole_import_is_taken_back(self) -> None:
        Book.objects.add({"title": "T1", "authors": ["A1"], "publisher": "Old"})
        before = catalogue()
        imported = run_import(upload([{**row, "publisher": "New"} for row in ROWS]))
        with mock.patch.object(undo_import, "BATCH", 7):
            job = run("undo_import", job=imported.key)
        assert job.result == {"undone": 40, "kept": 0}
        [book] = catalogue()
        assert {**book, "version": 1} == before[0]

    def test_a_book_that_several_rows_made_goes_too(self) -> None:
        rows = [{"title": "X", "isbn13": "9780306406157", "pages": ""}, {"title": "X", "isbn13": "", "pages": "9"}]
        with mock.patch.object(import_books, "BATCH_ROWS", 1):
            imported = run_import(upload(rows))
        assert Change.objects.count() == 2
        assert run("undo_import", job=imported.key).result == {"undone": 1, "kept": 0}
        assert not Book.objects.exists()

    def test_what_people_have_changed_since_stays_and_is_listed(self) -> None:
        imported = run_import(upload(ROWS[:2]))
        book = Book.objects.get(title="T0")
        Book.objects.change(book.pk, {"pages": 500})
        job = run("undo_import", job=imported.key)
        assert job.result == {"undone": 1, "kept": 1}
        assert Book.objects.get() == book
        assert f"/books/{book.pk}/" in content(job, "kept.csv")

    def test_a_book_that_several_rows_of_the_list_made_is_taken_back_too(self) -> None:
        isbn = "9780306406157"
        rows = [{"title": "T", "isbn13": isbn}, {"isbn13": isbn, "title": "T", "pages": "9"}]
        imported = run_import(upload([*rows, {"isbn13": isbn, "title": "T", "publisher": "P"}]))
        assert Book.objects.get().version > Change.objects.count()
        assert run("undo_import", job=imported.key).result == {"undone": 1, "kept": 0}
        assert not Book.objects.exists()

    def test_an_undo_can_be_undone(self) -> None:
        imported = run_import(upload(ROWS))
        undone = run("undo_import", job=imported.key)
        assert not Book.objects.exists()
        assert run("undo_import", job=undone.key).result == {"undone": 40, "kept": 0}
        assert Book.objects.count() == 40


class Export(TransactionTestCase):
    def test_the_books_that_the_query_finds_are_in_a_file(self) -> None:
        Book.objects.add({"title": "Kokoro", "language": "ja"})
        Book.objects.add({"title": "Emma", "language": "en"})
        job = run("export", format="jsonl", query={"language": "ja"})
        assert job.result == {"books": 1}
        assert [json.loads(line)["title"] for line in content(job, "books.jsonl").splitlines()] == ["Kokoro"]

    def test_an_old_address_leads_to_the_books_of_the_kept_name(self) -> None:
        Book.objects.add({"title": "Kokoro", "authors": ["Natsume"], "topics": ["Novels"], "series": "S"})
        Book.objects.add({"title": "Botchan", "authors": ["Soseki"], "topics": ["Fiction"], "series": "T"})
        authors = Author.objects.values_list("name", "pk")
        old = {"author": str(dict(authors)["Natsume"]), "topic": "novels", "series": "S"}
        for model, name, kept in ((Author, "Natsume", "Soseki"), (Topic, "Novels", "Fiction"), (Series, "S", "T")):
            edit(model.objects.get(name=name), {"name": kept}, COMMAND, merge=True)
        for kind, value in old.items():
            job = run("export", format="jsonl", query={kind: value})
            assert (kind, job.result) == (kind, {"books": 2})

    def test_any_number_of_batches_makes_one_file(self) -> None:
        for row in ROWS:
            Book.objects.add({"title": row["title"]})
        with mock.patch("books.exporting.base.BATCH", 7):
            job = run("export", format="csv", query={})
        assert [row["title"] for row in csv.DictReader(io.StringIO(content(job, "books.csv")))] == [
            row["title"] for row in ROWS
        ]
        assert (job.done, job.total) == (40, 40)

    def test_every_format_is_one_file_of_all_batches(self) -> None:
        for row in ROWS:
            Book.objects.add({"title": row["title"]})
        with mock.patch("books.exporting.base.BATCH", 7):
            job = run("export", format="csl", query={})
        assert len(json.loads(content(job, "books.csl.json"))) == 40

    def test_a_workbook_that_was_interrupted_is_begun_again(self) -> None:
        for row in ROWS:
            Book.objects.add({"title": row["title"]})
        with (
            mock.patch("books.exporting.base.BATCH", 7),
            mock.patch.object(Run, "check", self.stop_at_third(Postponed(0))),
        ):
            job = run("export", format="xlsx", query={})
        assert (job.status, job.done) == (Status.SUCCEEDED, 40)
        with job.files.get(name="books.xlsx").open() as file:
            sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_name("Books").to_python()
        assert [row[1] for row in sheet] == ["title", *(row["title"] for row in ROWS)]

    def test_a_workbook_that_fails_each_time_at_the_same_place_is_given_up(self) -> None:
        for row in ROWS:
            Book.objects.add({"title": row["title"]})
        job, _ = start(KINDS["export"].task, {"format": "xlsx", "query": {}})
        for _ in range(MAX_CONSECUTIVE_FAILURES):
            make_due(job.key)
            failing = mock.patch.object(Run, "check", self.stop_at_third(OSError("full")))
            with mock.patch("books.exporting.base.BATCH", 7), failing:
                work()
        job.refresh_from_db()
        assert (job.status, job.attempt) == (Status.FAILED, 3)

    def stop_at_third(self, error: Exception) -> Any:
        """A check that interrupts the first run at its third batch."""
        calls = iter(range(100))

        def check(this: Run) -> None:
            if next(calls) == 3:  # one is before the first batch
                raise error

        return check

    def test_no_books_are_a_file_with_a_header(self) -> None:
        job = run("export", format="csv", query={})
        assert content(job, "books.csv").startswith("source_key,title")


class Reindex(TransactionTestCase):
    def test_what_follows_from_a_book_is_made_again_and_nothing_else_is_touched(self) -> None:
        for number in range(5):
            Book.objects.add({"title": f"Kokoro {number}", "authors": ["B", "A"], "topics": ["Y", "X"]})
        before, touched = catalogue(), list(Book.objects.values_list("updated_at", flat=True).order_by("pk"))
        Book.objects.filter(title="Kokoro 3").update(title_key="x", author_names="A", fingerprint=None)
        Author.objects.update(name_key="x")
        with mock.patch("books.jobs.tasks.reindex.BATCH", 2):
            job = run("reindex")
        assert job.result == {"books": 5, "changed": 1}
        assert catalogue() == before
        assert not Book.objects.filter(fingerprint=None).exists()
        assert list(Book.objects.values_list("updated_at", flat=True).order_by("pk")) == touched
        assert set(Author.objects.values_list("name_key", flat=True)) == {"a", "b"}


class Arguments(TransactionTestCase):
    def errors(self, kind: str, **sent: Any) -> set[str]:
        return set(KINDS[kind].form(sent).errors)

    def test_what_is_not_possible_is_told(self) -> None:
        refused: list[tuple[str, dict[str, Any], str]] = [
            ("clock", {"seconds": 0}, "seconds"),
            ("clock", {"seconds": 1001}, "seconds"),
            ("clock", {"seconds": "soon"}, "seconds"),
            ("import", {"dry_run": "perhaps"}, "dry_run"),
            ("import", {"format": "xlsx"}, "format"),
            ("import", {"encoding": "utf-7"}, "encoding"),
            ("import", {"existing": "delete"}, "existing"),
            ("import", {"mapping": {"titel": "a"}}, "mapping"),
            ("import", {"mapping": {"title": 1}}, "mapping"),
            ("import", {"mapping": {"title": "\ud800"}}, "mapping"),
            ("import", {"mapping": {"title": "\0"}}, "mapping"),
            ("import", {"mapping": "title"}, "mapping"),
            ("export", {"format": "pdf"}, "format"),
            ("export", {"year": "x"}, "year"),
            ("undo_import", {"job": "none"}, "job"),
            ("undo_import", {}, "job"),
        ]
        for kind, sent, name in refused:
            with self.subTest(kind=kind, sent=sent):
                assert self.errors(kind, **sent) == {name}

    def test_what_is_not_given_has_a_default(self) -> None:
        for kind, arguments in {
            "clock": {"seconds": 10},
            "import": {"dry_run": False, "mapping": {}, "format": "", "encoding": "", "existing": ""},
            "export": {"format": "csv", "query": {}},
            "reindex": {},
        }.items():
            form = KINDS[kind].form({})
            assert form.is_valid()
            assert form.arguments() == arguments

    def test_a_mapping_may_be_lines(self) -> None:
        form = ImportForm({"mapping": "title=作品名\r\nauthors = 著者\n", "dry_run": "on"})
        assert form.is_valid()
        assert form.arguments() == {
            "mapping": {"title": "作品名", "authors": "著者"}, "dry_run": True,
            "format": "", "encoding": "", "existing": "",
        }  # fmt: skip

    def test_an_export_takes_the_filters_of_the_list(self) -> None:
        form = ExportForm({"q": "kokoro", "year": "1900..1950"})
        assert form.is_valid()
        assert form.arguments()["query"] == {"q": "kokoro", "year": "1900..1950"}

    def test_an_import_that_still_runs_is_not_undone(self) -> None:
        job, _ = start(KINDS["import"].task, {"dry_run": False}, key="a")
        assert self.errors("undo_import", job="a") == {"job"}
        Job.objects.filter(pk=job.pk).update(status=Status.CANCELLED, finished_at=Now())
        assert self.errors("undo_import", job="a") == set()
