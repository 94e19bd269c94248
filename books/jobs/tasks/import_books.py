"""A file into the catalogue as a job; the importer itself is books.importing."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from django.db import transaction
from django.tasks import task

from books.importing.encoding import UnreadableFile
from books.importing.importer import BATCH_ROWS, Progress, import_file
from books.importing.report import BOM, csv_lines, reject_header, reject_lines
from books.jobs.run import PermanentError, Run, current
from books.models import Actor, Channel

FIRST = 10  # rejects that the result shows
REHEARSED_ROWS = BATCH_ROWS // 5  # of a batch of a dry run, which stops between twenty of them only
NOTE_HEADER = f"{BOM}line,field,value,reason\r\n".encode()


@task
def import_(*, dry_run: bool, mapping: dict[str, str], format: str) -> dict[str, Any]:
    """Import the uploaded file. The result counts its rows; the rejects and the notes are files."""
    return _Import(current(), dry_run=dry_run).work(mapping, format)


class _Import:
    def __init__(self, run: Run, *, dry_run: bool) -> None:
        self.run = run
        self.dry_run = dry_run
        self.first: list[dict[str, Any]] = run.checkpoint.get("first", [])
        self.lines = 0

    def work(self, mapping: Mapping[str, str], format_name: str) -> dict[str, Any]:
        job = self.run.job
        upload = job.files.exclude(digest="").first()
        if upload is None:
            raise PermanentError("There is no file to import: start it again with one.")
        self.name = upload.name
        with upload.opened() as file:
            self.lines = line_count(file)
            steps = import_file(
                file,
                mapping=mapping,
                format_name=format_name,
                checkpoint=self.run.checkpoint.get("import"),
                save=self.save,
                dry_run=self.dry_run,
                by=Actor(Channel.IMPORT, job.created_by_id, job_id=job.pk),
                batch_rows=REHEARSED_ROWS if self.dry_run else BATCH_ROWS,
            )
            try:
                for progress in steps:
                    self.run.check()
                    if self.dry_run:
                        self.rehearse(progress)
            except UnreadableFile as error:
                raise PermanentError(str(error)) from error
        return self.result(progress)

    def save(self, progress: Progress) -> None:
        """Store what was said of a batch, and the place to go on from, in the batch's own transaction."""
        self.report(progress)
        checkpoint = {"import": progress.checkpoint, "first": self.first}
        self.run.save_checkpoint(summary(progress), checkpoint, **self.done(progress))

    def rehearse(self, progress: Progress) -> None:
        with transaction.atomic():
            self.report(progress)
            self.run.save_checkpoint(summary(progress), {}, **self.done(progress))

    def report(self, progress: Progress) -> None:
        header = progress.table.header
        rejects = [{"line": row.line, "field": row.field, "reason": row.reason} for row in progress.rejects[:FIRST]]
        self.first = [*self.first, *rejects][:FIRST]
        if progress.rejects:
            self.run.append_to_file(
                f"{self.name}.rejects.csv", reject_lines(header, progress.rejects), reject_header(header)
            )
        if progress.notes:
            self.run.append_to_file(f"{self.name}.notes.csv", csv_lines(progress.notes), NOTE_HEADER)

    def done(self, progress: Progress) -> dict[str, int]:
        """Lines, not rows: how many rows there will be, nobody knows before the end."""
        done = progress.lines - progress.table.before
        return {"done": done, "total": max(self.lines - progress.table.before, done)}

    def result(self, progress: Progress) -> dict[str, Any]:
        done = progress.lines - progress.table.before
        self.run.report_progress(summary(progress), done=done, total=done)
        counts = {"rows": progress.totals.rows, **progress.totals._asdict()}
        format_name = progress.table.format.name
        return {**counts, "format": format_name, "dry_run": self.dry_run, "first_rejects": self.first}


def summary(progress: Progress) -> str:
    totals = progress.totals
    counts = f"{totals.created:,} created, {totals.updated:,} updated, {totals.unchanged:,} unchanged"
    return f"{totals.rows:,} rows: {counts}, {totals.rejected:,} rejected"


def line_count(file: BinaryIO) -> int:
    lines, last = 0, b"\n"
    while chunk := file.read(1 << 20):
        lines, last = lines + chunk.count(b"\n"), chunk
    file.seek(0)
    return lines + (not last.endswith(b"\n"))
