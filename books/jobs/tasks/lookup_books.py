"""Fills in missing details from other catalogues by ISBN, and adds books that a list of ISBNs has and we do not."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Never

from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.tasks import task

from books.importing.report import BOM, csv_lines
from books.jobs.run import PermanentError, Postponed, Run, current
from books.lookup.lookup import LookupResult, Outcome, alook_up
from books.metadata import isbn
from books.models import Actor, Book, Channel, DuplicateISBN
from books.models.book import lock_volumes
from books.web.serializers import book_url

BATCH = 2  # books looked up together: somebody who types an ISBN waits at most for these
PATIENCE = 60.0  # seconds for one book, as a job can wait its turn
TRIES, LONGEST_PAUSE = 3, 60  # attempts while a source is down, and seconds between them
FILE, HEADER = "outcomes.csv", f"{BOM}isbn,book,outcome,fields,reason\r\n".encode()

MISSING = {  # the books that lack a field
    **{name: Q(**{name: ""}) for name in ("subtitle", "publisher", "language", "description", "series")},
    **{name: Q(**{name: None}) for name in ("published_year", "pages")},
    "authors": Q(author_names=""),
    "topics": Q(topic_names=""),
}


class BookOutcome(StrEnum):
    CREATED = "created"
    COMPLETED = "completed"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    FAILED = "failed"


class Item(NamedTuple):
    """A book to look up. A job that was stopped continues after the `place` of the last one."""

    place: int
    written: str
    isbn13: str | None
    error: str = ""
    pk: int | None = None  # of the book, unless only an ISBN was given


class ItemResult(NamedTuple):
    outcome: BookOutcome
    book: int | None = None
    fields: Sequence[str] = ()
    reason: str = ""


@task
async def lookup(*, isbns: list[str], ids: list[str], without: str) -> dict[str, int]:
    """Look up a list of ISBNs, some books, or all books that lack a field. A file says what came of each."""
    return await _LookupRun(current(), isbns, ids, without).awork()


class _LookupRun:
    def __init__(self, run: Run, isbns: Sequence[str], ids: Sequence[str], without: str) -> None:
        self.run, self.isbns, self.ids, self.without = run, isbns, ids, without
        self.last: int = run.checkpoint.get("last", 0)
        self.counts = Counter[str](run.checkpoint.get("counts", {}))
        self.tries: int = run.checkpoint.get("tries", 0)  # for the next books while a source is down
        self.actor = Actor(Channel.LOOKUP, run.job.created_by_id, job_id=run.job.pk)
        self.total = 0

    async def awork(self) -> dict[str, int]:
        self.total = self.counts.total() + await sync_to_async(self.left)()
        while batch := await sync_to_async(self.batch)():
            self.run.check()
            all_found = await asyncio.gather(*map(_alook_up, batch))
            for found in all_found:
                if found and found.is_down:
                    self.postpone(found)
            await sync_to_async(self.save)(batch, all_found)
        return {outcome.value: self.counts[outcome] for outcome in BookOutcome}

    def left(self) -> int:
        return self.incomplete().count() if self.without else len(self.isbns or self.ids) - self.last

    def incomplete(self) -> Any:
        found = Book.objects.filter(MISSING[self.without], isbn13__isnull=False, pk__gt=self.last)
        return found.order_by("pk").values_list("pk", "isbn13")

    def batch(self) -> list[Item]:
        if self.without:
            return [Item(pk, isbn13, isbn13, pk=pk) for pk, isbn13 in self.incomplete()[:BATCH]]
        listed = list(enumerate(self.isbns or self.ids, 1))[self.last : self.last + BATCH]
        return [(_from_isbn if self.isbns else _from_id)(place, written) for place, written in listed]

    def postpone(self, down: LookupResult) -> Never:
        """A source is down: continue after a pause or, after several attempts, when somebody resumes the job."""
        self.tries += 1
        checkpoint = {"last": self.last, "counts": self.counts, "tries": self.tries % TRIES}
        seconds = min(down.seconds, LONGEST_PAUSE)
        if self.tries < TRIES:
            self.run.report_progress(f"{down.reasons} Asked again in {seconds} s.", checkpoint=checkpoint)
            raise Postponed(seconds)
        self.run.report_progress(down.reasons, checkpoint=checkpoint)
        raise PermanentError(f"{down.reasons} Try this job again later: it continues where it stopped.")

    def save(self, batch: Sequence[Item], all_found: Sequence[LookupResult | None]) -> None:
        """Write the books, their outcomes and the checkpoint in one transaction."""
        with transaction.atomic():
            lock_volumes(for_import=False)
            results = [self.write(item, found) for item, found in zip(batch, all_found, strict=True)]
            self.run.append_to_file(FILE, csv_lines(map(_line, batch, results)), HEADER)
            counts, last = self.counts + Counter(result.outcome.value for result in results), batch[-1].place
            message = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in BookOutcome if counts[outcome])
            checkpoint, done = {"last": last, "counts": counts}, counts.total()
            self.run.save_checkpoint(message, checkpoint, done=done, total=max(self.total, done))
        self.counts, self.last, self.tries = counts, last, 0

    def write(self, item: Item, found: LookupResult | None) -> ItemResult:
        if found is None:
            return ItemResult(BookOutcome.REJECTED, reason=item.error)
        having = Book.objects.filter(isbn13=found.isbn13, **({"pk": item.pk} if item.pk else {}))
        pk = having.values_list("pk", flat=True).first()
        if found.outcome != Outcome.FOUND:
            is_failed = found.outcome == Outcome.FAILED
            return ItemResult(BookOutcome.FAILED if is_failed else BookOutcome.UNKNOWN, pk, reason=found.reasons)
        if pk:
            return self.complete(pk, found)
        if not self.isbns:
            return ItemResult(BookOutcome.REJECTED, reason="The book is gone, or has another ISBN by now.")
        try:
            book = Book.objects.add({**found.record, "isbn13": found.isbn13}, self.actor)
        except DuplicateISBN as error:  # somebody has just added it
            return self.complete(error.book_id, found)
        return ItemResult(BookOutcome.CREATED, book.pk, list(found.record))

    def complete(self, pk: int, found: LookupResult) -> ItemResult:
        """Fill the empty fields of the current book. The others stay."""
        book = Book.objects.select_for_update().get(pk=pk)
        new = found.missing_in(book.as_record())
        if new:
            Book.objects.change(pk, new, None, self.actor)
        return ItemResult(BookOutcome.COMPLETED if new else BookOutcome.UNCHANGED, pk, list(new))


async def _alook_up(item: Item) -> LookupResult | None:
    return await alook_up(item.isbn13, PATIENCE) if item.isbn13 else None


def _from_isbn(place: int, written: str) -> Item:
    try:
        return Item(place, written, isbn.canonical(written))
    except ValidationError as error:
        return Item(place, written, None, " ".join(error.messages))


def _from_id(place: int, pk: str) -> Item:
    found = Book.objects.filter(pk=pk).values_list("isbn13", flat=True)
    if not found:
        return Item(place, f"book {pk}", None, "There is no book with this id.")
    error = "" if found[0] else "This book has no ISBN to look up."
    return Item(place, found[0] or f"book {pk}", found[0], error, int(pk))


def _line(item: Item, result: ItemResult) -> tuple[str, ...]:
    url = book_url(result.book) if result.book else ""
    return item.written, url, result.outcome.value, " ".join(result.fields), result.reason
