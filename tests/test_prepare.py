import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.test import SimpleTestCase, TestCase, override_settings

from books.management.commands import prepare
from books.models import Book


class TemporaryFolders(SimpleTestCase):
    """Everything is collected from and written to folders that are gone after the test."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.source = self.folder / "source"
        self.source.mkdir()
        (self.source / "own.css").write_text("a { color: red }")
        var = self.folder / "var"
        self.static = var / "static"
        self.enterContext(override_settings(VAR_DIR=var, STATIC_ROOT=self.static, STATICFILES_DIRS=[self.source]))


class PrepareTests(TemporaryFolders, TestCase):
    def test_an_empty_catalogue_gets_the_starter_books(self) -> None:
        call_command("prepare")
        assert Book.objects.count() == prepare.STARTER_BOOKS.read_text().count("starter:")

    def test_a_catalogue_with_a_book_is_left_alone(self) -> None:
        Book.objects.add({"title": "Mine"})
        call_command("prepare")
        assert [book.title for book in Book.objects.all()] == ["Mine"]

    @override_settings(STARTER_BOOKS=False)
    def test_a_catalogue_may_begin_without_them(self) -> None:
        call_command("prepare")
        assert not Book.objects.exists()

    @override_settings(DEBUG=True)
    def test_while_debugging_static_files_are_not_collected(self) -> None:
        call_command("prepare")
        assert not self.static.exists()

    def test_starter_books_come_whole_or_not_at_all(self) -> None:
        def half(_: object) -> Iterator[None]:
            Book.objects.add({"title": "the first half"})
            yield
            raise OSError("the power is gone")

        with patch.object(prepare, "import_file", half), pytest.raises(CommandError):
            call_command("prepare")
        assert not Book.objects.exists()

    def test_a_database_that_fails_is_named_in_one_line(self) -> None:
        name = connection.settings_dict["NAME"]
        with (
            patch.object(prepare, "locked_database", side_effect=OperationalError("the disk is full")),
            self.assertRaisesMessage(CommandError, f"The database {name} cannot be prepared: the disk is full"),
        ):
            call_command("prepare")

    def test_whoever_comes_while_another_prepares_the_database_waits(self) -> None:
        impatient = patch.object(prepare, "LONGEST_WAIT", 0.3)
        refused = self.assertRaisesMessage(CommandError, "Another process has been preparing")
        with held(prepare.locked_database), impatient, refused:
            call_command("prepare")
        call_command("prepare")


@pytest.mark.once
class CollectTests(TemporaryFolders):
    def test_static_files_are_collected_and_safe_on_the_disk_before_they_count_as_collected(self) -> None:
        def sync() -> None:
            assert (self.static / "own.css").is_file()
            assert not (self.static.parent / "static.sha256").exists()

        with patch.object(os, "sync", side_effect=sync) as synced:
            prepare.collect_static_files()
        synced.assert_called_once()
        assert (self.static / "own.css").is_file()

    def test_unchanged_files_are_not_collected_again(self) -> None:
        prepare.collect_static_files()
        (self.static / "own.css").unlink()
        prepare.collect_static_files()
        assert not (self.static / "own.css").exists()

    def test_changed_files_are_collected_again(self) -> None:
        prepare.collect_static_files()
        (self.source / "own.css").write_text("a { color: blue }")
        prepare.collect_static_files()
        assert "blue" in (self.static / "own.css").read_text()

    def test_files_are_collected_again_when_the_folder_is_gone(self) -> None:
        prepare.collect_static_files()
        self.static.rename(self.folder / "elsewhere")
        prepare.collect_static_files()
        assert (self.static / "own.css").is_file()

    def test_whoever_comes_while_another_collects_waits(self) -> None:
        lock = self.folder / "lock"
        impatient = patch.object(prepare, "LONGEST_WAIT", 0.3)
        refused = self.assertRaisesMessage(CommandError, "Another process has been preparing")
        with held(lambda: prepare.locked_file(lock)), impatient, refused, prepare.locked_file(lock):
            self.fail("both hold the lock")


@contextmanager
def held(lock: Any) -> Iterator[None]:
    """The lock is in another thread's hands while the block runs."""
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lock():
            taken.set()
            done.wait(60)

    other = threading.Thread(target=hold)
    other.start()
    taken.wait(60)
    try:
        yield
    finally:
        done.set()
        other.join()
