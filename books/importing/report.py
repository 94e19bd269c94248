"""What an import says of itself: its rejects as a CSV file to mend and import again, and a report as JSON."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from books.importing.importer import Progress
from books.importing.results import REJECT_COLUMNS, Note, Reject

BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something older
LISTED = 1000  # rejects and notes in a report, which is held in memory


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(errors="backslashreplace")


def reject_header(header: Sequence[str]) -> bytes:
    return BOM.encode() + csv_lines([[*header, *REJECT_COLUMNS]])


def reject_lines(header: Sequence[str], rejects: Iterable[Reject]) -> bytes:
    """The rejects as lines of a CSV file with the columns of the file that they come from."""
    empty = [""] * len(header)
    return csv_lines(
        [*reject.cells, *empty[len(reject.cells) :], reject.line, reject.field, reject.reason] for reject in rejects
    )


class RejectsFile:
    """The rejects of a file: its own columns, then line, field and reason. Without rejects there is no such file."""

    def __init__(self, path: Path, header: Sequence[str], kept: int = 0) -> None:
        """`kept`: its size at the checkpoint from which an interrupted import goes on."""
        self.path = path
        self.header = header
        if kept and path.exists():
            os.truncate(path, kept)
        else:
            path.unlink(missing_ok=True)

    def add(self, rejects: Iterable[Reject]) -> None:
        if lines := reject_lines(self.header, rejects):
            with self.path.open("ab") as file:
                file.write(lines if file.tell() else reject_header(self.header) + lines)

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


@dataclass
class Report:
    """One file's import, for people and programs."""

    file: str
    rejects_file: Path
    dry_run: bool = False
    progress: Progress | None = None
    finished: bool = False
    rejects: list[Reject] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, progress: Progress) -> None:
        self.progress = progress
        self.rejects += progress.rejects[: LISTED - len(self.rejects)]
        self.notes += progress.notes[: LISTED - len(self.notes)]

    def summary(self) -> str:
        if self.progress is None:
            return f"{self.file}: not begun"
        totals = self.progress.totals
        counts = f"{totals.created} created, {totals.updated} updated, {totals.unchanged} unchanged"
        see = f" (see {self.rejects_file})" if totals.rejected else ""
        notes = f"; {totals.notes} imported without one of their fields" if totals.notes else ""
        similar = f"; {totals.similar} may be here already, see /duplicates/" if totals.similar else ""
        stopped = "" if self.finished else f"; stopped after line {self.progress.lines}"
        mode = " (dry run)" if self.dry_run else ""
        rows = f"{totals.rows} rows: {counts}, {totals.rejected} rejected{see}"
        return f"{self.file}{mode}: {rows}{notes}{similar}{stopped}"

    def as_json(self) -> dict[str, Any]:
        if self.progress is None:
            return {"file": self.file, "finished": False}
        totals = self.progress.totals
        return {
            "file": self.file,
            "format": self.progress.table.format.name,
            "dry_run": self.dry_run,
            "finished": self.finished,
            "rows": totals.rows,
            **totals._asdict(),
            "rejects_file": str(self.rejects_file) if totals.rejected else None,
            "first_rejects": [_without_cells(reject) for reject in self.rejects],
            "first_notes": [note._asdict() for note in self.notes],
        }


def _without_cells(reject: Reject) -> dict[str, Any]:
    return {name: value for name, value in reject._asdict().items() if name != "cells"}
