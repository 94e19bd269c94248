"""The starter books: removed by one click, for good; and the first steps of a new owner."""

import csv
from pathlib import Path

from django.test import TestCase, TransactionTestCase

from books.jobs.start import start
from books.jobs.tasks.remove_samples import remove_samples
from books.jobs.tasks.undo_import import undo_import
from books.management.commands.prepare import STARTER_BOOKS, Command
from books.models import Book, Change, Job
from books.models.catalogue import STARTER_KEYS
from tests.jobs.working import work
from tests.people import librarian, owner

HTML = {"accept": "text/html"}


class Samples(TransactionTestCase):
    def setUp(self) -> None:
        self.client.force_login(owner())
        for pk in range(1, 26):
            Book.objects.add({"title": f"Sample {pk}", "source_key": STARTER_KEYS[pk]})

    def test_the_keys_are_those_of_the_list(self) -> None:
        with Path(STARTER_BOOKS).open(newline="", encoding="utf-8") as file:
            assert [row["source_key"] for row in csv.DictReader(file)] == STARTER_KEYS

    def test_they_are_removed_but_those_that_somebody_has_edited(self) -> None:
        Book.objects.add({"title": "Mine"})
        edited = Book.objects.filter(source_key=STARTER_KEYS[3]).get()
        Book.objects.change(edited.pk, {"pages": 9})
        job, _ = start(remove_samples, {})
        work()
        assert set(Book.objects.values_list("title", flat=True)) == {"Mine", "Sample 3"}
        assert Job.objects.get(pk=job.pk).result == {"removed": 24, "kept": 1}

    def test_one_click_removes_them_and_another_restores_them(self) -> None:
        answer = self.client.post("/jobs/", {"kind": "remove_samples"}, headers=HTML)
        work()
        assert not Book.objects.exists()
        assert "Undo this" in self.client.get(answer["Location"], headers=HTML).content.decode()
        start(undo_import, {"job": answer["Location"].split("/")[2]})
        work()
        assert Book.objects.count() == 25

    def test_they_never_come_back(self) -> None:
        start(remove_samples, {})
        work()
        Command().add_starter_books()
        assert not Book.objects.exists()
        Change.objects.all().delete()  # an owner purges what is left of them
        Command().add_starter_books()
        assert not Book.objects.exists()


class Starting(TestCase):
    def test_a_catalogue_whose_books_were_all_deleted_gets_none(self) -> None:
        Book.objects.remove(Book.objects.add({"title": "Mine"}).pk)
        Command().add_starter_books()
        assert not Book.objects.exists()


class FirstSteps(TestCase):
    def setUp(self) -> None:
        self.client.force_login(owner())
        Book.objects.add({"title": "Sample", "source_key": STARTER_KEYS[0]})

    def shown(self) -> bool:
        return "First steps" in self.client.get("/", headers=HTML).content.decode()

    def test_they_are_shown_until_all_are_done(self) -> None:
        assert self.shown()
        self.client.post("/settings/", {"name": "Ours"})
        Book.objects.add({"title": "Mine"})
        assert self.shown()
        self.client.post("/settings/", {"samples": "keep"})
        assert not self.shown()

    def test_they_can_be_dismissed(self) -> None:
        self.client.post("/settings/", {"first_steps": "done"})
        assert not self.shown()

    def test_they_are_for_the_owner(self) -> None:
        self.client.force_login(librarian())
        assert not self.shown()
