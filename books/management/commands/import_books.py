import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from books.importing.encoding import UnreadableFile
from books.importing.formats import FORMATS
from books.importing.importer import BATCH_ROWS, REHEARSED, Progress, import_file
from books.importing.report import RejectsFile, Report
from books.metadata.record import CLEANERS

STOPPED = 130  # the exit status of what a signal has ended


class Command(BaseCommand):
    help = (
        "Imports books from CSV and JSON Lines: our own exports, goodbooks-10k, the lists of Aozora Bunko and Project "
        "Gutenberg, and any other CSV through --map. A row finds its book by source_key, else by ISBN, else by equal "
        "title, authors and year; it fills in and corrects what it gives, and empties nothing. Rows that cannot be "
        "imported go into FILE.rejects.csv, here or beside the report, to be mended and imported again; they are no "
        "failure: the exit status is 1 only if a file could not be read or the database not be written."
    )
    requires_system_checks: list[str] = []  # they would ask the database, and fail in a less readable way than we do

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="in UTF-8, UTF-16 or Shift JIS (cp932)")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            dest="mapping",
            metavar="FIELD=COLUMN",
            help=f"the column in which a field stands, such as title=作品名; the fields are {', '.join(CLEANERS)}",
        )
        parser.add_argument("--format", choices=list(FORMATS), default="", help="where the columns do not tell")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="count and report, and change nothing. What it cannot tell: each "
            f"{BATCH_ROWS * REHEARSED:,} rows are tried by themselves, so that a later author of a book that the same "
            "file adds much earlier counts as another new book",
        )
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="where to write counts, rejects and notes as JSON"
        )

    def handle(self, *, files: list[Path], mapping: list[str], report: Path | None, **options: Any) -> None:
        columns = dict(_pair(text) for text in mapping)
        folder = report.parent if report else Path()
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder} for the report: make it first.")
        reports = [Report(str(file), folder / name, options["dry_run"]) for file, name in _reject_names(files)]
        errors = []
        with _signals() as stop:
            for file, done in zip(files, reports, strict=True):
                try:
                    self._import(file, done, columns, options, stop)
                except (UnreadableFile, OSError, DatabaseError) as error:
                    errors.append(f"{file}: {_advice(error)}")
        if report:
            content = {"files": [done.as_json() for done in reports]}
            report.write_text(f"{json.dumps(content, indent=2, ensure_ascii=False)}\n", errors="backslashreplace")
        if errors:
            raise CommandError("\n".join(errors))
        if stop.is_set():
            raise CommandError("Stopped. The same command goes on from here.", returncode=STOPPED)

    def _import(
        self, file: Path, done: Report, columns: dict[str, str], options: dict[str, Any], stop: threading.Event
    ) -> None:
        bar = _Bar(self.stderr if options["verbosity"] and self.stderr.isatty() else None, file.name)
        rejects: RejectsFile | None = None
        steps = import_file(file, mapping=columns, format_name=options["format"], dry_run=options["dry_run"])
        try:
            while not stop.is_set() and (progress := next(steps, None)):
                rejects = rejects or RejectsFile(done.rejects_file, progress.table.header)
                rejects.add(progress.rejects)
                done.add(progress)
                bar.show(progress)
            done.finished = not stop.is_set()
        finally:
            steps.close()
            bar.clear()
            if options["verbosity"] and (done.finished or (done.progress and done.progress.totals.rows)):
                self.stdout.write(done.summary())


def _pair(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not equals:
        raise CommandError(f"--map {text}: write FIELD=COLUMN, such as --map title=作品名.")
    return field.strip(), column.strip()


def _reject_names(files: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Each file with the name of its rejects file, another for each: a/books.csv and b/books.csv may come together."""
    seen: Counter[str] = Counter()
    for file in files:
        seen[file.name] += 1
        yield file, f"{file.name}{f'.{seen[file.name]}' if seen[file.name] > 1 else ''}.rejects.csv"


def _advice(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}" if error.filename else str(error)
    if isinstance(error, UnreadableFile):
        return str(error)
    if "no such table" in str(error) or getattr(error.__cause__, "sqlstate", "") == "42P01":
        return "The catalogue has no tables yet: run “python manage.py migrate” first."
    return f"The database stopped it ({str(error).strip()}). The same command goes on from there."


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and a polite kill set, so that the batch in hand is finished; a second one kills at once."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread hears signals
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Bar:
    """How far a file is, in one line of a terminal."""

    def __init__(self, terminal: Any, name: str) -> None:
        self.terminal = terminal
        self.name = name
        self.begun = time.monotonic()

    def show(self, progress: Progress) -> None:
        if self.terminal:
            size = progress.table.size
            speed = progress.totals.rows / max(time.monotonic() - self.begun, 0.001)
            read = f"{progress.start / 1e6:.1f} of {size / 1e6:.1f} MB"
            self._write(f"{self.name}  {progress.start * 100 // max(size, 1):>3} %  {read}  {speed:,.0f} rows/s")

    def clear(self) -> None:
        if self.terminal:
            self._write("")

    def _write(self, text: str) -> None:
        self.terminal.write(f"\r\x1b[K{text}", style_func=str, ending="")  # not in the red of errors
        self.terminal.flush()
