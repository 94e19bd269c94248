import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from books.backup.archive import Archive, BackupError, describe_rows, open_archive
from books.backup.books import as_json_lines, matches
from books.backup.migrating import as_current, has_tables
from books.backup.restoring import is_empty, restore
from books.backup.tables import tables
from books.importing.report import summary
from books.importing.results import Totals
from books.management.commands.import_books import run_import
from books.management.terminal import Terminal
from books.models import Status

# What an import into a catalogue with books uses: tables of the backup, and arguments for the file made from them.
OF_BOOKS = {"books.book"} | {f"books.{link}{name}" for link in ("", "book") for name in ("author", "series", "topic")}
AS_JSON_LINES = {"mapping": {}, "format": "", "encoding": "utf-8", "existing": "fill"}


class Command(BaseCommand):
    help = (
        "Restores a backup. A catalogue without books, other than untouched starter books, becomes what the backup "
        "holds, accounts included, in one step: if it is interrupted, nothing has changed. Into a catalogue with books "
        "only the backup's books are imported: missing ones are added, and empty fields filled in."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a backup, from SQLite or PostgreSQL")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        self.verbosity, self.terminal = options["verbosity"], Terminal(self, options["verbosity"])
        logging.getLogger("books.jobs").setLevel(logging.WARNING)  # the result is printed
        if not file.exists():
            raise CommandError(f"There is no file {file}.")
        with errors_as_one_line("restored"), open_archive(file) as archive:
            self.say(introduction(archive))
            is_there = has_tables()
            if is_there and not is_empty():
                self.restore_books(archive, dry_run=dry_run)
                return
            here = {table.label: table.model._base_manager.count() for table in tables()} if is_there else {}
            self.say(f"It is restored as it is, in place of {describe_rows(here)}.")
            if not dry_run:
                self.restore_all(archive)
        if dry_run:
            self.say("This was a dry run: nothing has changed.")

    def restore_all(self, archive: Archive) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        with as_current(archive) as today, self.terminal.percentage() as show:
            restore(today, show)
        self.say("Restored. Everybody has to sign in again.")

    def restore_books(self, archive: Archive, *, dry_run: bool) -> None:
        """Import the books by a job, whose page has the result and can undo it."""
        if not archive.counts["books.book"]:
            raise BackupError("There are books here, and none in the backup: nothing has changed.")
        self.say("There are books here already, so only its books are imported, to add them and to fill gaps.")
        with as_json_lines(archive) as path:
            found = matches(path)
            arguments = {**AS_JSON_LINES, "dry_run": dry_run}
            job = run_import(path, arguments, self.terminal)
        if job.status != Status.SUCCEEDED:
            raise BackupError(job.error or "It was stopped. Run the same command again to continue.")
        result: dict[str, int] = job.result or {}
        totals = Totals(*(result[name] for name in Totals._fields))
        by_title = max(0, totals.updated + totals.unchanged - sum(found))
        self.say(f"{'Dry run, nothing has changed: ' if dry_run else ''}{summary(totals)}")
        self.say(f"Here already: {found.source_key:,} by source_key, {found.isbn13:,} by ISBN, {by_title:,} by title.")
        self.say(f"Not taken: {describe_rows(archive.counts, without=OF_BOOKS)}.")

    def say(self, line: str) -> None:
        if self.verbosity:
            self.stdout.write(line)


def introduction(archive: Archive) -> str:
    manifest, written = archive.manifest, datetime.fromisoformat(archive.manifest["created_at"])
    when = f"{written:%Y-%m-%d %H:%M} UTC by version {manifest['version']} on {manifest['database']}"
    return f"{archive.path.name}, written {when}: {describe_rows(archive.counts)}."


@contextmanager
def errors_as_one_line(done: str) -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise CommandError(str(error)) from error
    except (OSError, DatabaseError) as error:
        raise CommandError(f"The backup was not {done}: {' '.join(str(error).split())}") from error
