from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from books.backup.archive import BackupError, describe_rows
from books.backup.migrating import has_tables
from books.backup.writing import write
from books.management.commands.restore import errors_as_one_line
from books.management.terminal import Terminal
from django41_example.environment import COMMAND


class Command(BaseCommand):
    help = (
        "Writes a backup of the running catalogue: books, history, accounts, tokens and jobs in one file, which "
        "`restore` reads again, on SQLite or PostgreSQL. The file has a name only once it is whole and has been read "
        "back. It holds the hashes of passwords: keep it safe."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, metavar="FILE", help="by default one named after the time, in VAR_DIR/backups"
        )

    def handle(self, *, file: Path | None, **options: Any) -> None:
        name = f"catalogue-{timezone.now():%Y-%m-%d-%H%M%S}.zip"
        path = file / name if file and file.is_dir() else file or settings.VAR_DIR / "backups" / name
        with errors_as_one_line("written"):
            if not has_tables():
                raise BackupError(f"There is no catalogue here yet: run “{COMMAND} prepare” first.")
            with Terminal(self, options["verbosity"]).percentage() as show:
                rows = write(path, show)
        if options["verbosity"]:
            self.stdout.write(f"{path}: {describe_rows(rows)}")
