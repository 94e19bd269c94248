import json
import sqlite3
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase, override_settings

from books.backup.archive import open_archive
from books.backup.migrating import as_database, as_default_connection
from books.backup.restoring import restore
from books.backup.tables import EXCLUDED
from books.backup.writing import snapshot, write
from books.models import Book, Job, NotDuplicate, Token
from tests.backup.files import as_of, contents, fill, rewritten


class BackupTestCase(TransactionTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.enterContext(override_settings(VAR_DIR=self.folder))
        self.path = self.folder / "backup.zip"

    def restore(self, path: Path) -> None:
        Book.objects.all().delete()
        with open_archive(path) as archive:
            restore(archive)


class RoundTrip(BackupTestCase):
    def test_a_restored_catalogue_is_the_one_that_was_backed_up(self) -> None:
        fill()
        before = contents()
        write(self.path)
        Token.objects.all().delete()
        Job.objects.create(key="later", kind="clock", task="t", queue="q", priority=0)
        self.restore(self.path)
        assert contents() == before
        assert all(before[label] for label in ("books.book", "books.filechunk", "auth.user", "admin.logentry"))

    def test_no_id_is_given_again_that_a_deleted_book_had(self) -> None:
        book = fill()
        write(self.path)
        self.restore(self.path)
        assert Book.objects.add({"title": "Next"}).pk == book.pk + 2

    def test_the_restored_books_are_found(self) -> None:
        fill()
        write(self.path)
        self.restore(self.path)
        assert [book.title for book in Book.objects.search("author:漱石")] == ["こころ"]

    def test_through_another_kind_of_database_it_stays_the_same(self) -> None:
        fill()
        before = contents()
        write(self.path)
        with open_archive(self.path) as archive, as_database(archive):
            assert connection.vendor == "sqlite"
            write(self.folder / "moved.zip")
        self.restore(self.folder / "moved.zip")
        assert contents() == before


class Writing(BackupTestCase):
    def test_every_model_is_in_it_or_left_out_with_a_reason(self) -> None:
        write(self.path)
        every = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
        with zipfile.ZipFile(self.path) as file:
            held = {name.removesuffix(".jsonl") for name in file.namelist()} - {"manifest.json"}
        excluded = {label for label in every if {label, label.partition(".")[0]} & EXCLUDED.keys()}
        assert held | excluded == every
        assert not held & excluded
        assert {name for name in EXCLUDED if "." in name} <= every

    def test_what_follows_from_other_columns_is_not_stored(self) -> None:
        fill()
        write(self.path)
        with open_archive(self.path) as archive:
            [[row]] = archive.batches("books.book")
        assert row["title"] == "こころ"
        assert not {"words", "year_or_last", "year_or_first"} & row.keys()

    def test_earlier_backups_and_their_jobs_are_not_in_it(self) -> None:
        job = Job.objects.create(key="b", kind="backup", task="t", queue="q", priority=0)
        job.files.create(name="daily.zip")
        assert write(self.path)["books.job"] == 0
        with open_archive(self.path) as archive:
            assert list(archive.batches("books.jobfile")) == []

    def test_one_that_fails_leaves_neither_a_file_nor_a_part(self) -> None:
        fill()
        write(self.path)
        before = self.path.read_bytes()

        def fail(done: int, total: int) -> None:
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            write(self.path, fail)
        assert {path.name: path.read_bytes() for path in self.folder.iterdir()} == {"backup.zip": before}

    def test_only_the_owner_of_the_file_may_read_it(self) -> None:
        write(self.path)
        assert self.path.stat().st_mode & 0o077 == 0

    @pytest.mark.sqlite
    def test_a_snapshot_does_not_change_on_sqlite_nor_hold_up_a_writer(self) -> None:
        with as_default_connection(self.folder / "other.sqlite3"), connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("CREATE TABLE numbers (number INTEGER)")
            with snapshot():
                cursor.execute("SELECT * FROM numbers")
                with sqlite3.connect(self.folder / "other.sqlite3", timeout=0) as writer:
                    writer.execute("INSERT INTO numbers VALUES (1)")
                writer.close()
                assert cursor.execute("SELECT * FROM numbers").fetchall() == []
            assert cursor.execute("SELECT * FROM numbers").fetchall() == [(1,)]

    @pytest.mark.postgresql
    def test_a_snapshot_does_not_change_on_postgresql_nor_hold_up_a_writer(self) -> None:
        given: dict[str, Any] = {**connection.get_connection_params(), "cursor_factory": None}
        with snapshot():
            assert not Book.objects.exists()
            with psycopg.connect(**given) as writer:
                writer.execute("SET lock_timeout = '5s'")
                writer.execute("INSERT INTO books_topic (name, slug) VALUES ('N', 'n')")
            assert not apps.get_model("books", "Topic").objects.exists()
        assert apps.get_model("books", "Topic").objects.exists()

    def test_the_command_names_the_file_after_the_time(self) -> None:
        call_command("backup", verbosity=0)
        [path] = (self.folder / "backups").iterdir()
        assert path.match("catalogue-????-??-??-??????.zip")

    def test_the_command_says_in_one_line_why_nothing_was_written(self) -> None:
        (self.folder / "file").touch()
        with pytest.raises(CommandError, match=r"^The backup was not written: .*file"):
            call_command("backup", str(self.folder / "file" / "backup.zip"))

    def test_a_folder_that_cannot_be_created_is_not_reported_as_a_missing_backup(self) -> None:
        with pytest.raises(CommandError, match=r"^The backup was not written: "):
            call_command("backup", "/proc/nowhere/backup.zip")

    def test_neither_command_touches_the_tables_of_another_version(self) -> None:
        write(self.path)
        recorder = MigrationRecorder(connection)
        app, name = max(MigrationLoader(connection).graph.leaf_nodes("books"))
        recorder.record_unapplied(app, name)
        self.addCleanup(recorder.record_applied, app, name)
        for command in ("backup", "restore"):
            with pytest.raises(CommandError, match="This catalogue is not up to date: run “python manage"):
                call_command(command, str(self.path), verbosity=0)


class Restoring(BackupTestCase):
    def test_one_that_stops_half_way_leaves_the_catalogue_as_it_was(self) -> None:
        fill()
        write(self.path)
        Book.objects.all().delete()
        before = contents()

        def stop(done: int, total: int) -> None:
            if done == total:
                raise KeyboardInterrupt

        with open_archive(self.path) as archive, pytest.raises(KeyboardInterrupt):
            restore(archive, stop)
        assert contents() == before

    def test_a_backup_of_an_earlier_version_is_migrated(self) -> None:
        book = fill()
        NotDuplicate.objects.all().delete()  # which had other columns then
        write(self.path)
        earlier = as_of("0004_uploads", self.path)
        with open_archive(earlier) as archive:
            [[row]] = archive.batches("books.book")
        assert "series_label" not in row
        Book.objects.all().delete()
        call_command("restore", str(earlier), verbosity=0)
        restored = Book.objects.get()
        assert (restored.pk, restored.title, restored.series_label) == (book.pk, "こころ", "")
        assert Token.objects.get().name == "script"

    def test_columns_that_other_rules_have_derived_are_derived_again(self) -> None:
        fill()
        write(self.path)

        def by_other_rules(manifest: dict[str, Any], rows: dict[str, list[Any]]) -> None:
            manifest["text_rules"] = 1
            rows["books.book"][0]["title_key"] = "something else"

        before = Book.objects.get().title_key
        self.restore(rewritten(self.path, by_other_rules))
        assert Book.objects.get().title_key == before


def newer_format(manifest: Any, rows: Any) -> None:
    manifest["format"] = 2


def newer_migration(manifest: Any, rows: Any) -> None:
    manifest["migrations"]["books"].append("9999_of_next_year")


def foreign_kind(manifest: Any, rows: Any) -> None:
    manifest["kind"] = "recipes"


def foreign_table(manifest: Any, rows: Any) -> None:
    manifest["tables"]["shop.order"], rows["shop.order"] = {"last_id": 0}, []


def foreign_column(manifest: Any, rows: Any) -> None:
    rows["books.topic"] = [{"id": 1, "name": "N", "slug": "n", "colour": "red"}]


def hostile(label: str, **row: Any) -> Any:
    def change(manifest: Any, rows: Any) -> None:
        rows[label] = [row]

    return change


def in_manifest(**values: Any) -> Any:
    def change(manifest: Any, rows: Any) -> None:
        manifest.update(values)
        manifest["tables"]["books.topic"] |= values

    return change


DAMAGED = "is damaged or incomplete: copy it again, or take an earlier backup"
NOT_OURS = "is not a backup of a book catalogue"
NEWER = r"is from a newer version of the catalogue \(0\.1\.0\): upgrade this one first"


@pytest.mark.once
class Refused(BackupTestCase):
    def refuse(self, reason: str) -> None:
        before = contents()
        with pytest.raises(CommandError, match=reason):
            call_command("restore", str(self.path), verbosity=0)
        assert contents() == before

    def test_a_file_that_is_none_of_ours_or_newer_is_refused_with_the_reason(self) -> None:
        write(self.path)
        sound = self.path.read_bytes()
        for change, reason in (
            (newer_format, NEWER),
            (newer_migration, NEWER),
            (foreign_kind, NOT_OURS),
            (foreign_table, "contains shop.order, which this catalogue does not have"),
            (foreign_column, DAMAGED),
            (hostile("books.topic", id=1 << 70, name="N", slug="n"), DAMAGED),
            (hostile("books.topic", id=1, name="\ud800", slug="n"), DAMAGED),
            (hostile("books.topic", id=1, name="N" * (34 << 20), slug="n"), DAMAGED),
            (lambda manifest, rows: rows["books.topic"].append([1]), DAMAGED),
            (in_manifest(last_id="9"), DAMAGED),
            (in_manifest(created_at="yesterday"), DAMAGED),
        ):
            with self.subTest(change):
                self.path.write_bytes(sound)
                rewritten(self.path, change).replace(self.path)
                self.refuse(reason)

    def test_a_file_that_is_no_longer_whole_is_refused(self) -> None:
        fill()
        write(self.path)
        whole, middle = self.path.read_bytes(), self.path.stat().st_size // 2
        with zipfile.ZipFile(self.path) as file:
            place = file.getinfo("books.book.jsonl").header_offset + 80
        for name, content in (
            ("its end is missing", whole[:-1]),
            ("half is missing", whole[:middle]),
            ("a byte is another", whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]),
            ("zeros at the end", whole[:middle] + bytes(middle)),
        ):
            with self.subTest(name):
                self.path.write_bytes(content)
                self.refuse(DAMAGED)

    def test_what_is_no_zip_or_another_is_refused(self) -> None:
        for content in (b"", b"SQLite format 3\x00"):
            self.path.write_bytes(content)
            self.refuse(NOT_OURS)
        with zipfile.ZipFile(self.path, "w") as file:
            file.writestr("recipes.json", json.dumps([]))
        self.refuse(NOT_OURS)

    def test_a_file_that_is_not_there_is_named(self) -> None:
        self.refuse(r"There is no file .*backup\.zip")
