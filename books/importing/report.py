"""The report of an import: a summary, and CSV files of rejects and notes."""

import csv
import io
from collections.abc import Iterable, Sequence

from django.template.defaultfilters import pluralize

from books.exporting.formulas import defuse
from books.importing.results import REJECT_COLUMNS, Reject, Totals

BOM = "\ufeff"  # without it spreadsheets assume a legacy encoding
NOTE_HEADER = f"{BOM}line,field,value,reason,book\r\n".encode()


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    """The rows as CSV, with cells that a spreadsheet would run as formulas defused."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([defuse(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode(errors="backslashreplace")


def reject_header(header: Sequence[str]) -> bytes:
    return BOM.encode() + csv_lines([[*header, *REJECT_COLUMNS]])


def reject_lines(header: Sequence[str], rejects: Iterable[Reject]) -> bytes:
    """The rejects in the columns of their file, ready to be corrected and imported again."""
    empty = [""] * len(header)
    return csv_lines(
        [*reject.cells, *empty[len(reject.cells) :], reject.line, reject.field, reject.reason] for reject in rejects
    )


def summary(totals: Totals) -> str:
    counts = f"{totals.created:,} added, {totals.updated:,} updated, {totals.unchanged:,} unchanged"
    notes = f"; {totals.notes:,} field{pluralize(totals.notes)} left out" if totals.notes else ""
    similar = f"; {totals.similar:,} possible duplicate{pluralize(totals.similar)}" if totals.similar else ""
    return f"{totals.rows:,} row{pluralize(totals.rows)}: {counts}, {totals.rejected:,} rejected{notes}{similar}"
