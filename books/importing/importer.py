"""Imports a file in batches of rows, each a transaction with a checkpoint.

    import_file → source.opened → tables.opened → rows.cleaned → matching.Matcher → writing.write

The caller decides what happens between batches: show progress, stop. It saves the checkpoint and the rejects in
`save`, which is called in the transaction of each batch.
"""

import gc
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Self

from django.db import IntegrityError, OperationalError, connection, transaction

from books.importing import source, tables
from books.importing.candidates import Candidates, PendingBook
from books.importing.encoding import UnreadableFile
from books.importing.matching import Matcher
from books.importing.reading import Row
from books.importing.results import Note, Reject, RowError, RowOutcome, Totals
from books.importing.rows import CleanRow, cleaned
from books.importing.seen_books import SeenBooks
from books.importing.similar import notes_on_similar
from books.importing.tables import Table
from books.models import Actor, Book, Channel
from books.models.book import lock_volumes

BATCH_ROWS = 2000  # of 1,000 each page of an index is written twice as often; of more, other writers wait longer
BATCH_BYTES = 4 << 20  # of the file, so that a few large rows make a batch too
CACHE_KIB = 16_000  # of SQLite's pages
LOG_PAGES = 4000  # of its log, before they are copied into the database: 16 MB
DRY_RUN_BATCHES = 20  # per transaction, for which other writers to SQLite wait some seconds
ATTEMPTS = 2  # per batch, then per row
_LOST_RACES = {"40P01", "40001"}  # PostgreSQL's deadlock_detected and serialization_failure


Checkpoint = dict[str, Any]  # progress as JSON


@dataclass(frozen=True)
class Progress:
    """The state of an import, with the rejects and notes of the last batch."""

    table: Table
    start: int  # bytes read
    lines: int
    totals: Totals = field(default_factory=Totals)
    seen: SeenBooks = field(default_factory=SeenBooks)
    rejects: Sequence[Reject] = ()
    notes: Sequence[Note] = ()

    @property
    def checkpoint(self) -> Checkpoint:
        return {
            "size": self.table.size,  # identifies the file
            "start": self.start,
            "lines": self.lines,
            "totals": list(self.totals),
            "seen": self.seen.as_json(),
        }

    @classmethod
    def of(cls, table: Table, checkpoint: Checkpoint | None) -> Self:
        if checkpoint is None:
            return cls(table, table.start, table.before)
        if checkpoint["size"] != table.size:
            raise UnreadableFile("The file has changed since its import was interrupted: import it from the start.")
        seen = SeenBooks.from_json(checkpoint["seen"])
        return cls(table, checkpoint["start"], checkpoint["lines"], Totals(*checkpoint["totals"]), seen)


Save = Callable[[Progress], None]
IMPORT = Actor(Channel.IMPORT)


def import_file(  # noqa: PLR0913 - each is an option of an import
    original: Path | BinaryIO,
    *,
    mapping: Mapping[str, str | Sequence[str]] = {},
    format_name: str = "",
    encoding: str = "",
    existing: str = "",
    checkpoint: Checkpoint | None = None,
    save: Save = lambda progress: None,
    dry_run: bool = False,
    actor: Actor = IMPORT,
    batch_rows: int = BATCH_ROWS,
) -> Generator[Progress]:
    """Import the books in a file, resuming at the checkpoint if given. Yields once before the first batch.

    `mapping` assigns columns to fields. `format_name` is a name in FORMATS; without it the format is recognised, and so
    is the encoding. `existing` is one of EXISTING: what a row does to a book in the catalogue. A dry run rolls
    everything back and does not call `save`. Raises UnreadableFile, OSError.
    """
    opened = original.open("rb") if isinstance(original, Path) else nullcontext(original)
    with opened as file, source.opened(file, encoding, format_name) as text, _in_memory():
        table = tables.opened(text, mapping, format_name)
        chosen = existing or table.format.default_existing(table.names)
        run = _Run(Progress.of(table, checkpoint), None if dry_run else save, actor, chosen)
        yield run.progress
        batches = _batches(table.rows(run.progress.start, run.progress.lines), batch_rows)
        if dry_run:
            yield from run.dry_run(batches)
        else:
            for batch in batches:
                yield from run.store(batch)


def _batches(rows: Iterator[Row], batch_rows: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= batch_rows or row.end - batch[0].end >= BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pause the garbage collector, which takes a ninth of the time: a batch makes many objects but few cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _in_memory() -> Iterator[None]:
    """Let SQLite keep a batch's pages and its statement journals in memory, and copy its log less often.

    The one saves a fifteenth of the time, the other a thirtieth.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        (cache,) = cursor.execute("PRAGMA cache_size").fetchone()
        (log,) = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()
        try:
            cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            cursor.execute("PRAGMA temp_store = MEMORY")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {cache}")
            cursor.execute("PRAGMA temp_store = DEFAULT")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {log}")


@dataclass
class _Run:
    progress: Progress
    save: Save | None  # None in a dry run
    actor: Actor
    existing: str

    def store(self, batch: Sequence[Row]) -> Iterator[Progress]:
        """Store a batch; if other writers interfere, store its rows one by one."""
        with _without_collection():
            rows = [cleaned(row, self.progress.table.format) for row in batch]
            is_stored = self._try(rows)
        if is_stored:
            yield self.progress
            return
        for row in rows:
            if not self._try([row]):
                error = RowError("", "", "Other writers kept changing this book: import the file again.")
                self._attempt([row._replace(error=error)])
            yield self.progress

    def dry_run(self, batches: Iterator[list[Row]]) -> Iterator[Progress]:
        """Store and roll back. Yields between these transactions, never within one."""
        while True:
            with transaction.atomic():
                steps = [step for batch in islice(batches, DRY_RUN_BATCHES) for step in self.store(batch)]
                transaction.set_rollback(True)
            if not steps:
                return
            yield from steps

    def _try(self, rows: Sequence[CleanRow]) -> bool:
        """Store the rows. Returns False if other writers of the same books won every time."""
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
            if self.save:
                lock_volumes(for_import=True)
            progress = self._after(rows)
            if self.save:
                self.save(progress)
        self.progress = progress

    def _after(self, rows: Sequence[CleanRow]) -> Progress:
        """The progress once these rows are written."""
        before = self.progress
        known, wanted = before.table.format, [row.fields for row in rows if not row.error]
        candidates = Candidates(before.seen, wanted, one_person_a_row=known.one_person_a_row)
        matcher = Matcher(candidates, known, self.existing)
        outcomes: Counter[RowOutcome] = Counter()
        rejects: list[Reject] = []
        notes: list[tuple[int, RowError, PendingBook]] = []
        remarks: list[tuple[int, RowError, PendingBook]] = []
        added: list[tuple[int, PendingBook]] = []
        for row in rows:
            try:
                if row.error:
                    raise row.error
                outcome, book = matcher.apply(row.fields)
                outcomes[outcome] += 1
                notes += [(row.row.line, error, book) for error in row.dropped + matcher.dropped]
                remarks += [(row.row.line, error, book) for error in matcher.remarks]
                if outcome is RowOutcome.CREATED:
                    added.append((row.row.line, book))
            except RowError as error:
                outcomes[RowOutcome.REJECTED] += 1
                rejects.append(row.reject(error))
        sort_names = {name: filed for row in rows for name, filed in row.sort_names.items()}
        Book.objects.write(candidates.pending, self.actor, sort_names)
        similar = notes_on_similar(added)
        noted = [Note(line, error.field, error.value, error.reason, book.url) for line, error, book in notes + remarks]
        last = rows[-1].row
        totals = before.totals.plus(outcomes, len(notes), len(similar))
        return Progress(before.table, last.end, last.after, totals, candidates.all_seen(), rejects, [*noted, *similar])
