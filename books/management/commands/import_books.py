import asyncio
import logging
import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from books.importing.detection import ENCODINGS
from books.importing.formats import FORMATS
from books.importing.importer import DRY_RUN_BATCHES
from books.importing.matching import EXISTING
from books.jobs.start import LONGEST_NAME, start
from books.jobs.tasks.import_books import DRY_RUN_ROWS, import_
from books.jobs.worker import arun_one
from books.management.terminal import Terminal
from books.metadata.record import CLEANERS
from books.models import Job, JobFile, Status
from books.models.job import ACTIVE
from django41_example.environment import COMMAND

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPED = 130  # the exit status after one of them
POLL = 0.1  # seconds


class Command(BaseCommand):
    help = (
        "Imports lists of books: our own exports, those of other programs, spreadsheets, CSV, JSON, MARC, RIS and "
        "BibTeX; of other tables --map names the columns. A row finds its book by source_key, else by ISBN, else by "
        "equal title, authors and year. It fills the empty fields of a book that is here already, or does what "
        "--existing says; an export of ours corrects its own books. Nothing is emptied. Rows that cannot be imported "
        "go into FILE.rejects.csv in this folder, to be corrected and imported again; they are no failure: the exit "
        "status is 1 only if a file could not be read or the database not be written. Each file is a job, which this "
        "command works itself: its page has the result, and can undo it."
    )
    requires_system_checks: list[str] = []  # they would query the database and fail less readably

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a list of books")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            dest="mapping",
            metavar="FIELD=COLUMN",
            help=f"the column that holds a field, such as title=作品名; the fields are {', '.join(CLEANERS)}",
        )
        parser.add_argument("--format", choices=list(FORMATS), default="", help="if the columns do not tell")
        parser.add_argument("--encoding", choices=ENCODINGS, default="", help="if the letters do not tell")
        parser.add_argument(
            "--existing",
            choices=EXISTING,
            default="",
            help="what a row does to a book that is here already: fill its gaps, replace what it has, or nothing",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="count and report without changing anything. Each "
            f"{DRY_RUN_ROWS * DRY_RUN_BATCHES:,} rows are tried by themselves, so a later author of a book that "
            "the same file adds much earlier counts as another new book",
        )

    def handle(self, *, files: list[Path], mapping: list[str], **options: Any) -> None:
        logging.getLogger("books.jobs").setLevel(logging.WARNING)  # the result is printed
        columns = dict(mapping_pair(text) for text in mapping)
        chosen = {name: options[name] for name in ("dry_run", "format", "encoding", "existing")}
        arguments = {**chosen, "mapping": columns}
        errors = []
        for file, rejects_file in zip(files, rejects_files(files), strict=True):
            try:
                job = run_import(file, arguments, Terminal(self, options["verbosity"]))
                has_rejects = copy_rejects(job, rejects_file)
            except (OSError, DatabaseError) as error:
                errors.append(f"{file}: {advice(error)}")
                continue
            if options["verbosity"] and job.status != Status.FAILED:
                mode = " (dry run)" if options["dry_run"] else ""
                see = f" (see {rejects_file})" if has_rejects else ""
                stopped = f"; stopped after {job.done:,} lines" if job.status == Status.CANCELLED else ""
                self.stdout.write(f"{file}{mode}: {job.message}{see}{stopped}")
            if job.status == Status.FAILED:
                errors.append(f"{file}: {job.error}")
            if job.status == Status.CANCELLED:
                errors.append("Stopped. Run the same command again to continue.")
                raise CommandError("\n".join(errors), returncode=STOPPED)
        if errors:
            raise CommandError("\n".join(errors))


def run_import(file: Path, arguments: dict[str, Any], terminal: Terminal) -> Job:
    with file.open("rb") as source:
        upload = JobFile.objects.store(file.name[-LONGEST_NAME:], source)
    job, _ = start(import_, arguments, file=upload)
    asyncio.run(awork(job, terminal))
    job.refresh_from_db()
    return job


async def awork(job: Job, terminal: Terminal) -> None:
    """Run the job, or follow it if another worker runs it. Ctrl-C cancels it."""
    loop = asyncio.get_running_loop()
    cancelling: list[asyncio.Task[bool]] = []

    def cancel() -> None:
        for number in SIGNALS:
            loop.remove_signal_handler(number)  # a second one ends the process
        cancelling.append(loop.create_task(Job.objects.acancel(job.key)))

    for number in SIGNALS:
        loop.add_signal_handler(number, cancel)
    work = loop.create_task(arun_one(job.pk))
    while job.status in ACTIVE:
        if (await asyncio.wait([work], timeout=POLL))[0]:
            await work  # its exception is raised here
            await asyncio.sleep(POLL)
            work = loop.create_task(arun_one(job.pk))
        await job.arefresh_from_db(fields=["status", "done", "total", "message"])
        percent = job.done * 100 // job.total if job.total else 0
        terminal.show(f"{percent:>3} %  {job.message}")
    await work
    terminal.show("")


def mapping_pair(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not equals:
        raise CommandError(f"--map {text}: write FIELD=COLUMN, such as --map title=作品名.")
    return field.strip(), column.strip()


def rejects_files(files: Sequence[Path]) -> Iterator[Path]:
    """One per file, with different names even for a/books.csv and b/books.csv."""
    seen: Counter[str] = Counter()
    for file in files:
        seen[file.name] += 1
        yield Path(f"{file.name}{f'.{seen[file.name]}' if seen[file.name] > 1 else ''}.rejects.csv")


def copy_rejects(job: Job, path: Path) -> bool:
    """Copy the rejects of the job here. Without rejects, delete an earlier file."""
    rejects = job.files.filter(digest="", name__endswith=".rejects.csv").first()
    if rejects is None:
        path.unlink(missing_ok=True)
        return False
    with rejects.open() as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return True


def advice(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}" if error.filename else str(error)
    if "no such table" in str(error) or getattr(error.__cause__, "sqlstate", "") == "42P01":
        return f"The catalogue has no tables yet: run “{COMMAND} prepare” first."
    return f"The database stopped it ({str(error).strip()}). Run the same command again to continue."
