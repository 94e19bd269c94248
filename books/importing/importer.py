"""A file into the catalogue: batches of rows, a transaction each, and after every one a place to go on from.

    import_file → encoding.utf8 → tables.opened → rows.cleaned → matching.Shelf → writing.write

Whoever calls decides what to do between batches: show progress, keep the rejects, stop. `save` is called within
each batch's transaction, so that what it stores of the progress is stored if, and only if, the batch is.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Self, TypedDict

from django.db import IntegrityError, OperationalError, transaction

from books.importing import encoding, tables
from books.importing.encoding import UnreadableFile
from books.importing.matching import Draft, Shelf
from books.importing.reading import Row
from books.importing.results import Note, Outcome, Reject, RowError, Totals
from books.importing.rows import CleanRow, cleaned
from books.importing.seen_books import Claims
from books.importing.similar import notes_of_likeness
from books.importing.tables import Table
from books.importing.writing import write
from books.models import Actor, Channel

BATCH_ROWS = 1000
BATCH_BYTES = 4 << 20  # of the file; so few rows of great size are a batch too
DRY_RUN_BATCHES = 20  # in one transaction, for which other writers to SQLite wait some seconds
ATTEMPTS = 2  # at a batch, and then at each of its rows
_LOST_RACES = {"40P01", "40001"}  # PostgreSQL's deadlock_detected and serialization_failure


class Checkpoint(TypedDict):
    """Where an import stands, as JSON."""

    size: int  # bytes of the file, to know it by
    start: int  # of the next row
    lines: int  # before it
    totals: list[int]
    claims: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Progress:
    """How far an import is, and what was rejected and noted since the last time it said so."""

    table: Table
    start: int  # bytes read
    lines: int
    totals: Totals = field(default_factory=Totals)
    claims: Claims = field(default_factory=Claims)
    rejects: Sequence[Reject] = ()
    notes: Sequence[Note] = ()

    @property
    def checkpoint(self) -> Checkpoint:
        return {
            "size": self.table.size,
            "start": self.start,
            "lines": self.lines,
            "totals": list(self.totals),
            "claims": self.claims.as_json(),
        }

    @classmethod
    def of(cls, table: Table, checkpoint: Checkpoint | None) -> Self:
        if checkpoint is None:
            return cls(table, table.start, table.before)
        if checkpoint["size"] != table.size:
            raise UnreadableFile("The file has changed since its import was interrupted: import it from the start.")
        claims = Claims.from_json(checkpoint["claims"])
        return cls(table, checkpoint["start"], checkpoint["lines"], Totals(*checkpoint["totals"]), claims)


Save = Callable[[Progress], None]
IMPORT = Actor(Channel.IMPORT)


def _nothing(_: Progress) -> None:
    pass


def import_file(  # noqa: PLR0913 - each is a thing one can want of an import
    source: Path | BinaryIO,
    *,
    mapping: Mapping[str, str] = {},
    format_name: str = "",
    checkpoint: Checkpoint | None = None,
    save: Save = _nothing,
    dry_run: bool = False,
    by: Actor = IMPORT,
    batch_rows: int = BATCH_ROWS,
) -> Generator[Progress]:
    """Import the books of a file, from the checkpoint on if one is given; yields once before the first batch.

    `mapping` says which column holds which field; `format_name` is one of formats.NAMES, else it is recognised.
    A dry run does it all and takes it back; nothing is saved of it. Raises UnreadableFile, OSError.
    """
    opened = source.open("rb") if isinstance(source, Path) else nullcontext(source)
    with opened as file, encoding.utf8(file) as text:
        table = tables.opened(text, mapping, format_name)
        run = _Run(Progress.of(table, checkpoint), _nothing if dry_run else save, by)
        yield run.progress
        batches = _batches(table.rows(run.progress.start, run.progress.lines), batch_rows)
        if dry_run:
            yield from run.rehearsed(batches)
        else:
            for batch in batches:
                yield from run.stored(batch)


def _batches(rows: Iterator[Row], batch_rows: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= batch_rows or row.end - batch[0].end >= BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass
class _Run:
    progress: Progress
    save: Save
    by: Actor

    def stored(self, batch: Sequence[Row]) -> Iterator[Progress]:
        """Store a batch; where other writers thwart that, its rows one by one."""
        rows = [cleaned(row, self.progress.table.format) for row in batch]
        if self._attempted(rows):
            yield self.progress
            return
        for row in rows:
            if not self._attempted([row]):
                refused = RowError("", "", "Other writers kept changing this book: import the file again.")
                self._attempt([row._replace(unfit=refused)])
            yield self.progress

    def rehearsed(self, batches: Iterator[list[Row]]) -> Iterator[Progress]:
        """Do as `stored`, and take it back. Nothing is yielded within a transaction that will not last."""
        while True:
            with transaction.atomic():
                steps = [step for batch in islice(batches, DRY_RUN_BATCHES) for step in self.stored(batch)]
                transaction.set_rollback(True)
            if not steps:
                return
            yield from steps

    def _attempted(self, rows: Sequence[CleanRow]) -> bool:
        """Whether the rows are stored; not if other writers, in the same books at the same time, won every time."""
        for _ in range(ATTEMPTS):
            try:
                self._attempt(rows)
            except IntegrityError:
                continue
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in _LOST_RACES:
                    raise
            else:
                return True
        return False

    def _attempt(self, rows: Sequence[CleanRow]) -> None:
        with transaction.atomic():
            progress = self._after(rows)
            self.save(progress)
        self.progress = progress

    def _after(self, rows: Sequence[CleanRow]) -> Progress:
        """Where the import stands once these rows are in the tables."""
        before = self.progress
        shelf = Shelf(before.claims, one_person_a_row=before.table.format.one_person_a_row)
        shelf.load([row.fields for row in rows if not row.unfit])
        outcomes: Counter[Outcome] = Counter()
        rejects: list[Reject] = []
        notes: list[Note] = []
        created: list[tuple[int, Draft]] = []
        for row in rows:
            try:
                if row.unfit:
                    raise row.unfit
                outcome = shelf.take(row.fields)
                outcomes[outcome] += 1
                notes += row.notes()
                if outcome is Outcome.CREATED:
                    created.append((row.row.line, shelf.drafts[-1]))
            except RowError as unfit:
                outcomes[Outcome.REJECTED] += 1
                rejects.append(row.reject(unfit))
        write(shelf.drafts, self.by)
        like = notes_of_likeness(created)
        last = rows[-1].row
        totals = before.totals.plus(outcomes, len(notes), len(like))
        return Progress(before.table, last.end, last.after, totals, shelf.all_claims(), rejects, [*notes, *like])
