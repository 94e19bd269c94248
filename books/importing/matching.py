"""Which book a row is, and what it makes of it.

A row finds its book by source_key, else by ISBN, else by equal title, authors and year, and fills in or corrects
the fields that it gives. Two rules keep a second import of a file from changing anything again:
- rows with different source keys are never one book, even where one ISBN or one title leads both to it;
- a further row for a book that a row of the file has been already may fill in, but neither contradict nor touch
  that by which the other row finds it again.
"""

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from django.db.models import Q

from books.importing.results import Outcome, RowError, shortened
from books.importing.rows import NOTHING
from books.importing.seen_books import Claims
from books.importing.sets import among
from books.metadata.record import EMPTY, MAX_AUTHORS, Record, source_of, topic_slug
from books.models import Book, Topic
from books.models.author import sort_key
from books.models.book import RECORD_COLUMNS, as_record

Fields = dict[str, Any]  # a Record whose fields are taken by name

IDENTITY = {"title", "authors", "published_year"}  # by which a row without source_key and ISBN finds its book again
slug_of = lru_cache(10_000)(topic_slug)


@dataclass(eq=False)
class Draft:
    """A book as the batch will leave it."""

    fields: Fields
    pk: int = 0  # 0: not stored yet
    version: int = 1
    claimed: bool = False  # a row of this file has been this book
    foreign: bool = False  # and that row's source_key is not the book's
    before: Fields = field(default_factory=dict)  # as it is stored; empty if it is not

    @property
    def key(self) -> str | None:
        return cast("str | None", self.fields["source_key"])

    @property
    def record(self) -> Record:
        return cast("Record", self.fields)

    @property
    def changed(self) -> bool:
        return self.fields is not self.before


class Shelf:
    """The books that the rows of a batch may be, found by three queries at most, and what the batch makes of them."""

    def __init__(self, claims: Claims, *, one_person_a_row: bool) -> None:
        self.claims = claims
        self.one_person_a_row = one_person_a_row
        self.drafts: list[Draft] = []
        self.by_pk: dict[int, Draft] = {}
        self.by_key: dict[str, Draft] = {}
        self.by_isbn: dict[str, Draft] = {}
        self.by_work: defaultdict[tuple[Any, ...], list[Draft]] = defaultdict(list)
        self.topics: dict[str, str] = {}

    def load(self, wanted: Collection[Fields]) -> None:
        """Find the books, and hold those found until the transaction ends."""
        self._load("source_key", {fields["source_key"] for fields in wanted if "source_key" in fields})
        self._load("isbn13", {fields["isbn13"] for fields in wanted if "isbn13" in fields} - self.by_isbn.keys())
        unknown = (fields for fields in wanted if fields.get("source_key") not in self.by_key)
        titles = {sort_key(fields["title"]) for fields in unknown if "title" in fields}
        # With a person a row, the next row could not find again the book of another source that one became.
        self._load("title_key", titles, Q(source_key=None) if self.one_person_a_row else Q())
        slugs = {slug_of(name) for fields in wanted for name in fields.get("topics", ())}
        self.topics = dict(Topic.objects.filter(slug__in=among(slugs)).values_list("slug", "name")) if slugs else {}

    def _load(self, column: str, values: set[str], further: Q = Q()) -> None:  # noqa: B008 - a Q is never changed
        if not values:
            return
        found = Book.objects.select_for_update().filter(further, **{f"{column}__in": among(values)}).order_by("pk")
        for row in found.values("pk", "version", *RECORD_COLUMNS):
            pk = row["pk"]
            if pk not in self.by_pk:
                fields = cast("Fields", as_record(row))
                claimed, foreign = pk in self.claims.books, pk in self.claims.foreign
                draft = Draft(fields, pk, row["version"], claimed=claimed, foreign=foreign, before=fields)
                self.by_pk[pk] = draft
                self.drafts.append(draft)
                self._put(draft)

    def take(self, fields: Fields) -> Outcome:
        """Do what a row asks for. Raises RowError, and leaves everything as it was."""
        given = {slug_of(name): name for name in reversed(fields.get("topics", ()))}
        topics = {slug: self.topics.get(slug, given[slug]) for slug in sorted(given)}
        if topics:
            fields = {**fields, "topics": list(topics.values())}
        draft = self._found(fields)
        outcome = self._improve(draft, fields) if draft else self._add(fields)
        self.topics |= topics
        return outcome

    def _add(self, fields: Fields) -> Outcome:
        if "title" not in fields:
            raise RowError("title", "", "A book needs a title.")
        draft = Draft({**EMPTY, **fields}, claimed=True)
        self.drafts.append(draft)
        self._put(draft)
        return Outcome.CREATED

    def _improve(self, draft: Draft, fields: Fields) -> Outcome:
        if disputed := self._disputed(draft, fields):
            held = shortened(draft.fields[disputed]) or "nothing"
            raise RowError(disputed, fields[disputed], f"An earlier row says otherwise of this book: {held}.")
        better = self._improved(draft, fields)
        draft.claimed = True
        draft.foreign = draft.foreign or ("source_key" in fields and better["source_key"] != fields["source_key"])
        if better == draft.fields:
            return Outcome.UNCHANGED
        self._remove(draft)
        draft.fields = better
        draft.version += 1
        self._put(draft)
        return Outcome.UPDATED

    def all_claims(self) -> Claims:
        """The claims with those of this batch, once all its books are stored."""
        books = [draft.pk for draft in self.drafts if draft.pk and draft.claimed]
        foreign = [draft.pk for draft in self.drafts if draft.pk and draft.foreign]
        return Claims(self.claims.books.with_also(books), self.claims.foreign.with_also(foreign))

    def _found(self, fields: Fields) -> Draft | None:
        key, isbn = fields.get("source_key"), fields.get("isbn13")
        own = self.by_key.get(key) if key else None
        holder = self.by_isbn.get(isbn) if isbn else None
        if own is None and holder is None:
            return self._equal(fields)
        if own is None and holder and key and holder.key and holder.claimed:
            raise RowError(
                "isbn13", isbn, f"An earlier row, with another source_key, has this ISBN: {_called(holder)}."
            )
        if own and own.foreign:
            raise RowError("source_key", key, f"An earlier row, with another source_key, is this book: {_called(own)}.")
        if own and holder not in {None, own}:
            raise RowError("isbn13", isbn, f"Another book has this ISBN: {_called(holder)}.")
        return own or holder

    def _equal(self, fields: Fields) -> Draft | None:
        """The book with exactly this title, these authors and this year that the row may be.

        Of several, a row without source_key and ISBN is rather one that has none either, and any other row rather one
        that no row has been: so that each finds the same again.
        """
        if "title" not in fields:
            return None
        equal = [draft for draft in self.by_work[_work(fields)] if self._may_be(draft, fields)]
        if "source_key" in fields or "isbn13" in fields:
            # If an earlier row is at odds with it, this is a book of its own, and is found as that again.
            possible = (draft for draft in equal if not self._disputed(draft, fields))
            return min(possible, key=lambda draft: (draft.claimed, draft.pk or math.inf), default=None)
        return min(
            equal, key=lambda draft: (bool(draft.key or draft.fields["isbn13"]), draft.pk or math.inf), default=None
        )

    def _may_be(self, draft: Draft, fields: Fields) -> bool:
        key, isbn = fields.get("source_key"), fields.get("isbn13")
        if isbn and draft.fields["isbn13"]:
            return False  # two ISBNs are two editions
        if key is None or draft.key is None:
            return True
        return not (draft.claimed or source_of(key) == source_of(draft.key))

    def _disputed(self, draft: Draft, fields: Fields) -> str | None:
        """The field in which the row is at odds with an earlier one of this file."""
        if not draft.claimed:
            return None
        held = draft.fields
        free = {"source_key", *(["authors"] if self.one_person_a_row else [])}
        at_odds = (
            name
            for name, value in fields.items()
            if value != held[name] and (name in IDENTITY or held[name] not in NOTHING) and name not in free
        )
        return next(at_odds, None)

    def _improved(self, draft: Draft, fields: Fields) -> Fields:
        """The book's fields with what the row gives."""
        better = {**draft.fields, **fields}
        better["source_key"] = draft.key or better["source_key"]  # a book keeps the key under which it came first
        if self.one_person_a_row:
            better["authors"] = list(dict.fromkeys([*draft.fields["authors"], *fields.get("authors", ())]))
            if len(better["authors"]) > MAX_AUTHORS:
                raise RowError("authors", fields["authors"], f"A book has at most {MAX_AUTHORS} authors.")
        return better

    def _put(self, draft: Draft) -> None:
        if draft.key:
            self.by_key[draft.key] = draft
        if isbn13 := draft.fields["isbn13"]:
            self.by_isbn[isbn13] = draft
        self.by_work[_work(draft.fields)].append(draft)

    def _remove(self, draft: Draft) -> None:
        self.by_isbn.pop(draft.fields["isbn13"], None)
        self.by_work[_work(draft.fields)].remove(draft)


def _work(fields: Fields) -> tuple[Any, ...]:
    return fields["title"], tuple(fields.get("authors", ())), fields.get("published_year")


def _called(draft: Draft) -> str:
    return f"book {draft.pk}" if draft.pk else f"“{shortened(draft.fields['title'])}”"
