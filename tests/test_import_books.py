import io
import signal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TransactionTestCase

from books.jobs.tasks import import_books
from books.models import Book, Change, Channel, Job, JobFile, Status


class Terminal(io.StringIO):
    """A terminal whose user presses Ctrl-C once, when the first rows are in."""

    has_pressed = False

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if " added" in text and " 0 added" not in text and not self.has_pressed:
            self.has_pressed = True
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


class ImportBooks(TransactionTestCase):
    @pytest.fixture(autouse=True)
    def _in_a_folder_of_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        self.folder = tmp_path

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def rename_back(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE books_gone RENAME TO books_jobfile")

    def run_command(self, *arguments: str | Path, **options: Any) -> str:
        out = io.StringIO()
        call_command("import_books", *arguments, stdout=out, **options)
        return out.getvalue()

    def test_it_prints_a_line_for_each_file(self) -> None:
        self.file("a.csv", "title\nA\nB\n")
        self.file("b.jsonl", '{"title": "A"}\n')
        assert self.run_command("a.csv", "b.jsonl") == (
            "a.csv: 2 rows: 2 added, 0 updated, 0 unchanged, 0 rejected\n"
            "b.jsonl: 1 row: 0 added, 0 updated, 1 unchanged, 0 rejected\n"
        )

    def test_each_file_is_a_job_that_can_be_undone(self) -> None:
        self.run_command(self.file("a.csv", "title\nA\n"))
        job, change = Job.objects.get(), Change.objects.get()
        assert (job.kind, job.status, job.result["created"]) == ("import", Status.SUCCEEDED, 1)
        assert (change.job_id, change.via, JobFile.objects.get().name) == (job.pk, Channel.IMPORT, "a.csv")

    def test_it_prints_nothing_where_little_is_wanted(self) -> None:
        assert self.run_command(self.file("a.csv", "title\nA\n"), verbosity=0) == ""

    def test_rejects_are_in_a_file_here_that_can_be_mended_and_imported(self) -> None:
        self.file("a.csv", "title,pages\n,7\nB,5\n")
        assert "1 rejected (see a.csv.rejects.csv)" in self.run_command("a.csv")
        rejects = self.folder / "a.csv.rejects.csv"
        rejects.write_text(rejects.read_text(encoding="utf-8-sig").replace(",7,2", "A,7,2"), encoding="utf-8-sig")
        assert "1 added" in self.run_command("a.csv.rejects.csv")
        assert not (self.folder / "a.csv.rejects.csv.rejects.csv").exists()

    def test_files_of_one_name_have_a_file_of_rejects_each(self) -> None:
        for folder in ("x", "y"):
            self.file(f"{folder}/a.csv", f"title,authors\n,{folder}\n")
        self.run_command("x/a.csv", "y/a.csv")
        found = {path.name: ",x,2" in path.read_text() for path in self.folder.glob("*.rejects.csv")}
        assert found == {"a.csv.rejects.csv": True, "a.csv.2.rejects.csv": False}

    def test_columns_can_be_mapped(self) -> None:
        self.file("a.csv", "作品名;著者;年\n心;夏目 漱石;1914\n".encode("cp932"))
        self.run_command(
            "a.csv",
            "--encoding",
            "cp932",
            "--map",
            "title=作品名",
            "--map",
            "authors=著者",
            "--map",
            "published_year=年",
        )
        book = Book.objects.get().as_record()
        assert (book["title"], book["authors"], book["published_year"]) == ("心", ["夏目 漱石"], 1914)

    def test_a_mapping_that_is_none_is_refused(self) -> None:
        with pytest.raises(CommandError, match="write FIELD=COLUMN"):
            self.run_command(self.file("a.csv", "title\nA\n"), "--map", "title")

    def test_a_dry_run_changes_nothing(self) -> None:
        out = self.run_command(self.file("a.csv", "title\nA\n"), "--dry-run")
        assert "(dry run): 1 row: 1 added" in out
        assert not Book.objects.exists()

    def test_files_that_cannot_be_read_are_named_at_the_end_and_keep_none_of_the_others_back(self) -> None:
        self.file("empty.csv", "")
        self.file("a.csv", "title\nA\n")
        with pytest.raises(CommandError) as refusal:
            self.run_command("empty.csv", "nix.csv", ".", "a.csv")
        assert str(refusal.value) == (
            "empty.csv: The file is empty.\nnix.csv: No such file or directory: nix.csv\n.: Is a directory: ."
        )
        assert Book.objects.get().title == "A"

    def test_columns_that_it_does_not_know_are_listed_with_an_example(self) -> None:
        with pytest.raises(CommandError, match=r"has these columns: Werk, Wer.*title=Werk"):
            self.run_command(self.file("a.csv", "Werk;Wer\nFaust;Goethe\n"))

    def test_an_empty_catalogue_without_tables_says_what_to_do(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE books_jobfile RENAME TO books_gone")
        self.addCleanup(self.rename_back)
        with pytest.raises(CommandError, match="prepare"):
            self.run_command(self.file("a.csv", "title\nA\n"))

    def test_ctrl_c_cancels_the_job_and_the_same_command_goes_on(self) -> None:
        rows = "".join(f"T{number}\n" for number in range(3000))
        path = self.file("a.csv", f"title\n{rows}")
        out = io.StringIO()
        with mock.patch.object(import_books, "BATCH_ROWS", 1), pytest.raises(CommandError) as stopped:
            call_command("import_books", path, stdout=out, stderr=Terminal())
        added = Book.objects.count()
        assert (stopped.value.returncode, Job.objects.get().status) == (130, Status.CANCELLED)
        assert 0 < added < 3000
        assert f"stopped after {added:,} lines" in out.getvalue()
        assert f"{3000 - added:,} added, 0 updated, {added:,} unchanged" in self.run_command(path)

    def test_a_terminal_shows_how_far_it_is_and_is_left_clean(self) -> None:
        terminal = Terminal()
        call_command("import_books", self.file("a.csv", "title\n"), stdout=io.StringIO(), stderr=terminal)
        shown = terminal.getvalue()
        assert "  0 %  0 rows: there are none" in shown
        assert shown.endswith("\r\x1b[K")
