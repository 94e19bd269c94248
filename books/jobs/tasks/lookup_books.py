"""Books completed by what other catalogues know of their ISBN; those of a list that are not here yet are added."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple, cast

from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.tasks import task

from books.importing.report import BOM, csv_lines
from books.jobs.run import PermanentError, Run, current
from books.lookup import lookup as catalogues
from books.lookup.lookup import LookupResult, alook_up
from books.metadata import isbn
from books.metadata.record import Record
from books.models import Actor, Book, Channel, DuplicateISBN

AT_ONCE = 2  # books that are looked up together: who types an ISBN meanwhile waits for no more than these
PATIENCE = 60.0  # seconds for one book: a job can wait its turn
TRIES, LONGEST_PAUSE = 3, 60  # of one book while a source is down, and seconds between two of them
FILE, HEADER = "outcomes.csv", f"{BOM}isbn,book,outcome,fields,reason\r\n".encode()

MISSING = {  # what a book may be without
    **{name: Q(**{name: ""}) for name in ("subtitle", "publisher", "language", "description", "series")},
    **{name: Q(**{name: None}) for name in ("published_year", "pages")},
    "authors": Q(author_names=""),
    "topics": Q(topic_names=""),
}


class Outcome(StrEnum):
    CREATED = "created"
    COMPLETED = "completed"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    FAILED = "failed"


class Wanted(NamedTuple):
    """One book to look up. `place`: after it the job goes on, when it was stopped."""

    place: int
    written: str
    isbn13: str | None
    fault: str = ""


class Became(NamedTuple):
    outcome: Outcome
    book: int | None = None
    fields: Sequence[str] = ()
    reason: str = ""


@task
async def lookup(*, isbns: list[str], ids: list[str], without: str) -> dict[str, int]:
    """Look up a list of ISBNs, some books, or all that are without a field. The outcome of each book is in a file."""
    return await _LookingUp(current(), isbns, ids, without).awork()


class _LookingUp:
    def __init__(self, run: Run, isbns: Sequence[str], ids: Sequence[str], without: str) -> None:
        self.run, self.isbns, self.ids, self.without = run, isbns, ids, without
        self.last: int = run.checkpoint.get("last", 0)
        self.counts = Counter[str](run.checkpoint.get("counts", {}))
        self.by = Actor(Channel.LOOKUP, run.job.created_by_id, job_id=run.job.pk)
        self.total = 0

    async def awork(self) -> dict[str, int]:
        self.total = self.counts.total() + await sync_to_async(self.left)()
        while batch := await sync_to_async(self.batch)():
            self.run.check()
            answers = await asyncio.gather(*map(self.answer, batch))
            await sync_to_async(self.store)(batch, answers)
        return {outcome.value: self.counts[outcome] for outcome in Outcome}

    def left(self) -> int:
        return self.lacking().count() if self.without else len(self.isbns or self.ids) - self.last

    def lacking(self) -> Any:
        found = Book.objects.filter(MISSING[self.without], isbn13__isnull=False, pk__gt=self.last)
        return found.order_by("pk").values_list("pk", "isbn13")

    def batch(self) -> list[Wanted]:
        """The next books."""
        if self.without:
            return [Wanted(pk, isbn13, isbn13) for pk, isbn13 in self.lacking()[:AT_ONCE]]
        listed = list(enumerate(self.isbns or self.ids, 1))[self.last : self.last + AT_ONCE]
        return [(_read if self.isbns else _chosen)(place, written) for place, written in listed]

    async def answer(self, wanted: Wanted) -> LookupResult | None:
        """What is known outside; while a source is down, asked again after a pause."""
        if wanted.isbn13 is None:
            return None
        for tries_left in reversed(range(TRIES)):
            answer = await alook_up(wanted.isbn13, PATIENCE)
            if answer.outcome != catalogues.Outcome.FAILED or answer.is_broken or not tries_left:
                break
            seconds = min(answer.seconds, LONGEST_PAUSE)
            self.run.report_progress(f"{answer.reasons} Asked again in {seconds} s.")
            await asyncio.sleep(seconds)
        return answer

    def store(self, batch: Sequence[Wanted], answers: Sequence[LookupResult | None]) -> None:
        """Write the books, their outcomes, and the place to go on from, in one transaction."""
        for answer in answers:
            if answer and answer.outcome == catalogues.Outcome.FAILED and not answer.is_broken:
                raise PermanentError(f"{answer.reasons} Try this job again later: it goes on from where it is.")
        with transaction.atomic():
            became = [self.write(wanted, answer) for wanted, answer in zip(batch, answers, strict=True)]
            self.run.append_to_file(FILE, csv_lines(map(_line, batch, became)), HEADER)
            counts, last = self.counts + Counter(one.outcome.value for one in became), batch[-1].place
            said = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts[outcome])
            done = counts.total()
            self.run.save_checkpoint(said, {"last": last, "counts": counts}, done=done, total=max(self.total, done))
        self.counts, self.last = counts, last

    def write(self, wanted: Wanted, answer: LookupResult | None) -> Became:
        """What becomes of one book."""
        if answer is None:
            return Became(Outcome.REJECTED, reason=wanted.fault)
        held = Book.objects.filter(isbn13=answer.isbn13).values_list("pk", flat=True).first()
        if answer.outcome != catalogues.Outcome.FOUND:
            failed = answer.outcome == catalogues.Outcome.FAILED
            return Became(Outcome.FAILED if failed else Outcome.UNKNOWN, held, reason=answer.reasons)
        if held:
            return self.complete(held, answer)
        if not self.isbns:
            return Became(Outcome.REJECTED, reason="The book is gone, or has another ISBN by now.")
        return self.add(answer)

    def add(self, answer: LookupResult) -> Became:
        try:
            book = Book.objects.add({**answer.record, "isbn13": answer.isbn13}, self.by)
        except DuplicateISBN as error:  # somebody added it this moment
            return self.complete(error.book_id, answer)
        return Became(Outcome.CREATED, book.pk, list(answer.record))

    def complete(self, pk: int, answer: LookupResult) -> Became:
        """Fill what the book lacks, as it is now: what it has, whoever typed it, stays."""
        book = Book.objects.select_for_update().get(pk=pk)
        new = lacking(book.as_record(), answer.record)
        if new:
            Book.objects.change(pk, new, None, self.by)
        return Became(Outcome.COMPLETED if new else Outcome.UNCHANGED, pk, list(new))


def lacking(held: Record, found: Record) -> Record:
    """Of what was found, that which a book lacks."""
    mine = cast("dict[str, Any]", held)
    new = {name: value for name, value in found.items() if name in mine and mine[name] in ("", None, [])}
    if mine["series"]:  # a number counts in its own series only
        new.pop("series_number", None)
    if str(new.get("subtitle", "")).casefold() in mine["title"].casefold():
        new.pop("subtitle", None)
    return cast("Record", new)


def _read(place: int, written: str) -> Wanted:
    try:
        return Wanted(place, written, isbn.canonical(written))
    except ValidationError as error:
        return Wanted(place, written, None, " ".join(error.messages))


def _chosen(place: int, pk: str) -> Wanted:
    found = Book.objects.filter(pk=pk).values_list("isbn13", flat=True)
    if not found:
        return Wanted(place, f"book {pk}", None, "There is no book with this id.")
    fault = "" if found[0] else "This book has no ISBN to look up."
    return Wanted(place, found[0] or f"book {pk}", found[0], fault)


def _line(wanted: Wanted, became: Became) -> tuple[str, ...]:
    address = f"/books/{became.book}/" if became.book else ""
    return wanted.written, address, became.outcome.value, " ".join(became.fields), became.reason
