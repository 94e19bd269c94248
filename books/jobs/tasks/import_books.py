"""Importing a file as a job. The importer itself is books.importing."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any, BinaryIO

from django.db import transaction
from django.tasks import task

from books.importing.containers import sheet
from books.importing.encoding import UnreadableFile
from books.importing.importer import BATCH_ROWS, Progress, import_file
from books.importing.report import NOTE_HEADER, csv_lines, reject_header, reject_lines, summary
from books.jobs.run import PermanentError, Run, current
from books.models import Actor, Channel, JobFile

MAX_FIRST_REJECTS = 10  # listed in the result
DRY_RUN_ROWS = BATCH_ROWS // 10  # rows of a batch in a dry run, which can only stop after twenty batches
NO_ROWS = "0 rows: there are none below the header, and nothing was imported"


@task
def import_(  # noqa: PLR0913 - each is a thing one can want of an import
    *,
    dry_run: bool,
    mapping: dict[str, str | list[str]],
    format: str,
    encoding: str = "",
    existing: str = "",
    file: int = 0,
) -> dict[str, Any]:
    """Import the job's file, or the one with this id. The result counts rows; rejects and notes are files.

    A test run leaves its file for the import that follows.
    """
    run = current()
    uploads = JobFile.objects.filter(pk=file) if file else run.job.files.exclude(digest="")
    choices = {"mapping": mapping, "format_name": format, "encoding": encoding, "existing": existing}
    return _ImportRun(run, uploads.first(), dry_run=dry_run).work(choices)


class _ImportRun:
    def __init__(self, run: Run, upload: JobFile | None, *, dry_run: bool) -> None:
        self.run = run
        self.upload = upload
        self.dry_run = dry_run
        self.first_rejects: list[dict[str, Any]] = run.checkpoint.get("first", [])
        self.first_notes: list[dict[str, Any]] = run.checkpoint.get("first_notes", [])
        self.name = ""
        self.lines = 0

    def work(self, choices: Mapping[str, Any]) -> dict[str, Any]:
        if self.upload is None:
            raise PermanentError("The list is no longer kept: choose the file again.")
        self.name = self.upload.name
        sheet.check.set(self.run.check)
        with self.upload.open() as file:
            self.lines = line_count(file)
            steps = import_file(
                file,
                **choices,
                checkpoint=self.run.checkpoint.get("progress"),
                save=self.save,
                dry_run=self.dry_run,
                actor=Actor(Channel.IMPORT, self.run.job.created_by_id, job_id=self.run.job.pk),
                batch_rows=DRY_RUN_ROWS if self.dry_run else BATCH_ROWS,
            )
            try:
                with closing(steps):  # even if the job stops, to restore the connection's settings
                    for progress in steps:
                        self.run.check()
                        if self.dry_run:
                            with transaction.atomic():
                                self.save(progress)
            except UnreadableFile as error:
                raise PermanentError(str(error)) from error
        return self.result(progress)

    def save(self, progress: Progress) -> None:
        """Save the rejects, notes and checkpoint of a batch in the batch's own transaction.

        A dry run has no checkpoint, since its batches are rolled back: it can only start again.
        """
        header = progress.table.header
        rejects = [{"line": row.line, "field": row.field, "reason": row.reason} for row in progress.rejects]
        self.first_rejects = [*self.first_rejects, *rejects][:MAX_FIRST_REJECTS]
        notes = [note._replace(book="") for note in progress.notes] if self.dry_run else progress.notes
        self.first_notes = [*self.first_notes, *(note._asdict() for note in notes[:MAX_FIRST_REJECTS])]
        self.first_notes = self.first_notes[:MAX_FIRST_REJECTS]
        if progress.rejects:
            lines = reject_lines(header, progress.rejects)
            self.run.append_to_file(f"{self.name}.rejects.csv", lines, reject_header(header))
        if notes:
            self.run.append_to_file(f"{self.name}.notes.csv", csv_lines(notes), NOTE_HEADER)
        first = {"first": self.first_rejects, "first_notes": self.first_notes}
        checkpoint = {} if self.dry_run else {"progress": progress.checkpoint, **first}
        done = progress.lines - progress.table.before  # lines, as the number of rows is only known at the end
        total = max(self.lines - progress.table.before, done)
        self.run.save_checkpoint(summary(progress.totals), checkpoint, done=done, total=total)

    def result(self, progress: Progress) -> dict[str, Any]:
        done = progress.lines - progress.table.before
        said = summary(progress.totals) if progress.totals.rows else NO_ROWS
        self.run.report_progress(said, done=done, total=done)
        counts = {"rows": progress.totals.rows, **progress.totals._asdict()}
        table = progress.table
        taken = {"format": table.format.name, "encoding": table.encoding, "unused": table.unused}
        first = {"first_rejects": self.first_rejects, "first_notes": self.first_notes}
        return {**counts, **taken, "dry_run": self.dry_run, **first}


def line_count(file: BinaryIO) -> int:
    lines, last = 0, b"\n"
    while chunk := file.read(1 << 20):
        lines, last = lines + chunk.count(b"\n"), chunk
    file.seek(0)
    return lines + (not last.endswith(b"\n"))
