import io

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from books.backup.writing import write
from books.models import Author, AuthorName, Book, Change, Job, Series, SeriesName
from tests.backup.files import contents, fill
from tests.backup.test_backup import BackupTestCase


class IntoBooks(BackupTestCase):
    """A catalogue with books takes only the backup's books, as an import."""

    def setUp(self) -> None:
        super().setUp()
        fill()
        Book.objects.add({"title": "Sanshirō", "isbn13": "9780895267153"})
        Book.objects.add({"title": "Botchan", "authors": ["夏目 漱石"]})
        Book.objects.add({"title": "Only in the backup"})
        AuthorName(of=Author.objects.get(name="夏目 漱石"), name="Sōseki").derived().save()
        SeriesName(of=Series.objects.get(), name="Series").derived().save()
        write(self.path)
        Book.objects.filter(title="Only in the backup").delete()
        Book.objects.filter(title="こころ").update(pages=None, publisher="Iwanami", published_year=1914)
        User.objects.all().delete()

    def restored(self, *options: str) -> str:
        printed = io.StringIO()
        call_command("restore", str(self.path), *options, stdout=printed, stderr=io.StringIO())
        return printed.getvalue()

    def test_missing_books_are_added_gaps_filled_nothing_overwritten_and_all_of_it_said(self) -> None:
        """An import, which can be undone. It says what matched how, and what is not taken."""
        kokoro = Book.objects.get(title="こころ").pk
        printed = self.restored()
        assert Book.objects.filter(title="Only in the backup").count() == 1
        assert Book.objects.values_list("pages", "publisher", "published_year").get(pk=kokoro) == (7, "Iwanami", 1914)
        assert Book.objects.count() == 4
        assert not User.objects.exists()
        assert "4 rows: 1 added, 1 updated, 2 unchanged, 0 rejected" in printed
        assert "Here already: 1 by source_key, 1 by ISBN, 1 by title." in printed
        assert (
            "Not taken: 2 other names, 7 changes in the history, 2 accounts, 1 token, 1 job, 1 file of a job, "
            "1 dismissed duplicate.\n"
        ) in printed
        job = Job.objects.get(kind="import", arguments__dry_run=False)
        assert Change.objects.filter(job_id=job.pk).count() == 2

    def test_a_dry_run_says_the_same_and_changes_nothing(self) -> None:
        before = {label: rows for label, rows in contents().items() if label not in JOB}
        printed = self.restored("--dry-run")
        assert "Dry run, nothing has changed: 4 rows: 1 added, 1 updated, 2 unchanged" in printed
        assert {label: rows for label, rows in contents().items() if label not in JOB} == before


JOB = ("books.job", "books.jobfile", "books.filechunk")  # of the dry run itself

PEOPLE = "2 authors, 1 topic, 1 series"
REST = "2 accounts, 1 token, 1 job, 1 file of a job, 1 dismissed duplicate."


@pytest.mark.once
class IntoNothing(BackupTestCase):
    def test_a_dry_run_says_from_when_and_which_version_it_is_and_what_it_replaces(self) -> None:
        fill()
        write(self.path)
        Book.objects.all().delete()
        Book.objects.add({"title": "As it came", "source_key": "starter:001"})
        before, printed = contents(), io.StringIO()
        call_command("restore", str(self.path), "--dry-run", stdout=printed)
        first, second, third = printed.getvalue().splitlines()
        assert first.startswith("backup.zip, written 20")
        assert " UTC by version 0.1.0 on " in first
        assert first.endswith(f": 1 book, {PEOPLE}, 4 changes in the history, {REST}")
        assert second == f"It is restored as it is, in place of 1 book, {PEOPLE}, 5 changes in the history, {REST}"
        assert third == "This was a dry run: nothing has changed."
        assert contents() == before

    def test_untouched_starter_books_are_replaced(self) -> None:
        write(self.path)
        Book.objects.add({"title": "As it came", "source_key": "starter:001"})
        call_command("restore", str(self.path), verbosity=0)
        assert not Book.objects.exists()

    def test_a_starter_book_that_somebody_has_changed_is_kept(self) -> None:
        write(self.path)
        book = Book.objects.add({"title": "As it came", "source_key": "starter:001"})
        Book.objects.change(book.pk, {"title": "Mine"})
        with pytest.raises(CommandError, match="There are books here, and none in the backup: nothing has changed"):
            call_command("restore", str(self.path), verbosity=0)
        assert Book.objects.get().title == "Mine"
