"""Which book a row belongs to, and how it changes that book.

A row finds its book by source_key, else by ISBN, else by equal title, authors and year. Of volumes that share an ISBN
it finds the one with its number. It fills in the fields that are empty, replaces what the book has, or skips it, as
`existing` says. What a person has corrected since an import stays.
Two rules keep a second import of the same file from changing anything:
- rows with different source keys are never the same book, even if an ISBN or a title leads both to it;
- a later row for the same book may fill empty fields, but not contradict an earlier row or change the fields that
  identify the book.
What a row may not give is left out with a note, and never costs the row: an ISBN that another book of the file has with
the same number in the series, or a value that contradicts an earlier row.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, cast

from django.db.models import Q

from books.importing.formats.base import Format
from books.importing.results import RowError, RowOutcome, shortened
from books.importing.rows import NOTHING
from books.importing.seen_books import SeenBooks
from books.metadata import fingerprint, roles
from books.metadata.folding import letters
from books.metadata.record import EMPTY, MAX_AUTHORS, MAX_TOPICS, placeholder_title, source_of
from books.metadata.series import places, renamed, settled
from books.models import Author, Book, Change, Channel, Series, Topic, bulk
from books.models.book import VOLUME
from books.models.book_columns import RECORD_COLUMNS, as_record
from books.models.bulk import Fields, slug_of
from books.models.fields import among
from books.web.serializers import book_url

EXISTING = ("fill", "replace", "skip")  # what a row does to a book that is here already
PEOPLE = {Channel.PAGE, Channel.API, Channel.ADMIN}
IDENTITY = {"title", "authors", "published_year"}  # they identify a book for rows without source_key and ISBN


@dataclass(eq=False)
class PendingBook(bulk.PendingBook):
    """A book as the batch will leave it."""

    is_seen: bool = False  # an earlier row of this file was for it
    is_foreign: bool = False  # and that row had another source_key

    @property
    def key(self) -> str | None:
        return cast("str | None", self.fields["source_key"])

    @property
    def url(self) -> str:
        return book_url(self.pk)

    def __str__(self) -> str:
        return f"book {self.pk}" if self.pk else f"“{shortened(self.fields['title'])}”"


class Matcher:
    """The books that the rows of a batch may belong to, found by at most three queries, and their changes."""

    def __init__(self, seen: SeenBooks, known: Format, existing: str) -> None:
        self.seen = seen
        self.one_person_a_row = known.one_person_a_row
        self.is_by_isbn, self.is_ours = known.is_by_isbn, known.is_ours
        self.existing = existing
        self.left_out: list[RowError] = []  # of the last row
        self.remarks: list[RowError] = []  # on the last row, besides
        self.corrected: dict[int, set[str]] | None = None  # the fields of each book; None: not needed yet
        self.pending: list[PendingBook] = []
        self.by_pk: dict[int, PendingBook] = {}
        self.by_key: dict[str, PendingBook] = {}
        self.by_isbn: defaultdict[str, list[PendingBook]] = defaultdict(list)
        self.by_work: defaultdict[tuple[Any, ...], list[PendingBook]] = defaultdict(list)
        self.topics: dict[str, str] = {}
        self.authors: dict[str, str] = {}  # how each is spelled here, by name and by its letters
        self.series: dict[str, str] = {}  # how each is called here, by another name

    def load(self, wanted: Collection[Fields]) -> None:
        """Find the books, and lock them until the transaction ends."""
        keys = {fields["source_key"] for fields in wanted if "source_key" in fields}
        isbns = {fields["isbn13"] for fields in wanted if "isbn13" in fields}
        self._load(source_key=keys, isbn13=isbns)
        unknown = (fields for fields in wanted if fields.get("source_key") not in self.by_key)
        prints = {fingerprint.of(each["title"], each.get("authors", [])) for each in unknown if "title" in each}
        # With one person a row, a book of another source would be another book again after the first row.
        self._load(Q(source_key=None) if self.one_person_a_row else Q(), fingerprint=prints)
        self._load(isbn13=self.by_isbn.keys() - isbns)  # other volumes
        names = {person.name for fields in wanted for person in roles.people({**EMPTY, **fields})}
        self.authors = {person.name: person.name for book in self.pending for person in roles.people(book.fields)}
        spelled = Author.objects.spelled(names - self.authors.keys())
        self.authors |= {name: author.name for name, author in spelled.items()}
        slugs = {slug_of(name) for fields in wanted for name in fields.get("topics", ())}
        self.topics = {slug: topic.name for slug, topic in Topic.objects.spelled(slugs).items()}
        series = Series.objects.spelled(place.series for fields in wanted for place in places({**EMPTY, **fields}))
        self.series = {name: each.name for name, each in series.items() if each.name != name}

    def _load(self, further: Q = Q(), **wanted: set[str]) -> None:  # noqa: B008 - a Q is never changed
        """The books that have one of the wanted values of a column."""
        any_of = [Q(**{f"{column}__in": among(values)}) for column, values in wanted.items() if values]
        if not any_of:
            return
        found = Book.objects.select_for_update().filter(further, reduce(or_, any_of)).order_by("pk")
        for row in found.values("pk", "version", *RECORD_COLUMNS):
            pk = row["pk"]
            if pk not in self.by_pk:
                fields = cast("Fields", as_record(row))
                is_seen, is_foreign = pk in self.seen.books, pk in self.seen.foreign
                book = PendingBook(fields, pk, row["version"], is_seen=is_seen, is_foreign=is_foreign, before=fields)
                self.by_pk[pk] = book
                self.pending.append(book)
                self._put(book)

    def apply(self, fields: Fields) -> tuple[RowOutcome, PendingBook]:
        """Add or change the book of a row. Raises RowError, and leaves everything as it was."""
        self.left_out, self.remarks = [], []
        given = {slug_of(name): name for name in reversed(fields.get("topics", ()))}
        topics = {slug: self.topics.get(slug, given[slug]) for slug in sorted(given)}
        if topics:
            fields = {**fields, "topics": sorted(set(topics.values()), key=slug_of)}
        if names := fields.get("authors"):
            fields = {**fields, "authors": list(dict.fromkeys(map(self._author, names)))}
        if contributors := fields.get("contributors"):
            names = {each: self._author(each) for each in (roles.contributor(text).name for text in contributors)}
            fields = {**fields, "contributors": roles.renamed(contributors, names)}
        if self.series:
            fields = renamed(fields, self.series)
        other = self._find_by_isbn(fields) if "isbn13" in fields else None
        if holder := self._holder(fields, other):
            other = None
            self._leave_out(fields, "isbn13", f"Another book has this ISBN: {holder}.")
            fields = {name: value for name, value in fields.items() if name != "isbn13"}
        book = self._find(fields, other)
        outcome = self._change(book, fields) if book else self._add(fields)
        self.topics |= topics
        return outcome, book or self.pending[-1]

    def _add(self, fields: Fields) -> RowOutcome:
        if "title" not in fields and self.is_by_isbn and "isbn13" in fields:
            fields = {**fields, "title": placeholder_title(fields["isbn13"])}
            self.left_out.append(RowError("title", "", "The list has no titles: look up the books that it has added."))
        if "title" not in fields:
            raise RowError("title", "", "A book needs a title.")
        if others := self.by_isbn.get(fields.get("isbn13", "")):
            self.remarks.append(RowError("isbn13", fields["isbn13"], f"Another volume has this ISBN too: {others[0]}."))
        book = PendingBook(settled({**EMPTY, **fields}), is_seen=True)
        self.pending.append(book)
        self._put(book)
        return RowOutcome.CREATED

    def _change(self, book: PendingBook, given: Fields) -> RowOutcome:
        fields = self._allowed(book, given)
        for disputed in self._disputed(book, fields):
            value = shortened(book.fields[disputed]) or "(empty)"
            self._leave_out(fields, disputed, f"An earlier row for this book says otherwise: {value}.")
            fields = {name: value for name, value in fields.items() if name != disputed}
        changed = self._changed(book, fields)
        if any(each is not book and _is_same_volume(each, changed) for each in self.by_isbn.get(changed["isbn13"], ())):
            for name in (name for name in VOLUME if changed[name] != book.fields[name]):
                self._leave_out(fields, name, "Another book has this ISBN and this number.")
                changed[name] = book.fields[name]
        changed["series_label"] = _label(book.fields, changed, given)
        book.is_seen = True
        book.is_foreign = book.is_foreign or ("source_key" in fields and changed["source_key"] != fields["source_key"])
        if changed == book.fields:
            return RowOutcome.UNCHANGED
        self._remove(book)
        book.fields = changed
        book.version += 1
        self._put(book)
        return RowOutcome.UPDATED

    def _allowed(self, book: PendingBook, fields: Fields) -> Fields:
        """What the row may change: anything of a new book of this file; of an earlier one, what `existing` says."""
        if not book.before:
            return fields
        if self.existing == "skip":
            return {}
        if self.existing == "fill":
            lists = {"topics": [*book.fields["topics"], *fields["topics"]]} if "topics" in fields else {}
            alone = {"authors"} if self.one_person_a_row else set()
            if book.fields["isbn13"] and book.fields["title"] == placeholder_title(book.fields["isbn13"]):
                alone.add("title")
            fields = {name: value for name, value in fields.items() if book.fields[name] in NOTHING or name in alone}
            fields |= {name: self._topics_once(names) for name, names in lists.items()}
        changes = {name for name, value in fields.items() if value != book.fields[name]}
        for name in changes and changes & self._corrected(book.pk):
            self._leave_out(fields, name, "Kept as it is: a person has corrected this field.")
            fields = {other: value for other, value in fields.items() if other != name}
        return fields

    def _leave_out(self, fields: Fields, name: str, reason: str) -> None:
        self.left_out.append(RowError(name, fields[name], reason))

    def _topics_once(self, names: list[str]) -> list[str]:
        by_slug = {slug_of(name): name for name in reversed(names)}
        return [by_slug[slug] for slug in sorted(by_slug)][:MAX_TOPICS]

    def _author(self, name: str) -> str:
        return self.authors.get(name) or self.authors.setdefault(letters(name), name)

    def _corrected(self, pk: int) -> set[str]:
        """The fields of a book that an import gave, and a person has changed since."""
        if self.corrected is None:
            self.corrected = corrected(self.by_pk)
        return self.corrected.get(pk, set())

    def all_seen(self) -> SeenBooks:
        """The seen books with those of this batch, once all of them are stored."""
        books = [book.pk for book in self.pending if book.pk and book.is_seen]
        foreign = [book.pk for book in self.pending if book.pk and book.is_foreign]
        return SeenBooks(self.seen.books.with_also(books), self.seen.foreign.with_also(foreign))

    def _find(self, fields: Fields, other: PendingBook | None) -> PendingBook | None:
        key = fields.get("source_key")
        own = self.by_key.get(key) if key else None
        if own is None and other is None:
            return self._find_by_work(fields)
        if own and own.is_foreign:
            raise RowError("source_key", key, f"An earlier row, with another source_key, is for this book: {own}.")
        return own or other

    def _holder(self, fields: Fields, other: PendingBook | None) -> PendingBook | None:
        """The book that has the ISBN of a row, if the row is for another one."""
        key = fields.get("source_key")
        own = self.by_key.get(key or "")
        if other is None or (own and own.fields["isbn13"] == fields["isbn13"]):
            return None
        if own:
            return other
        has_title = "title" in fields and fields["title"] != other.fields["title"]
        return other if other.is_seen and (has_title or (key and other.key)) else None

    def _find_by_isbn(self, fields: Fields) -> PendingBook | None:
        """The book that the ISBN of a row leads to; of volumes that share it the one with the row's number or title."""
        volumes, title = self.by_isbn.get(fields.get("isbn13", ""), ()), fields.get("title")
        same = [book for book in volumes if _is_same_volume(book, fields)]
        possible = same or [book for book in volumes if not self._is_other_volume(book, fields)]
        return min(possible, key=lambda book: book.fields["title"] != title, default=None)

    def _is_other_volume(self, book: PendingBook, fields: Fields) -> bool:
        """Whether a row with another number than the book's is for another volume, and does not only say more of it."""
        are_numbered = "series_number" in fields and book.fields["series_number"] is not None
        has_other_title = "title" in fields and fields["title"] != book.fields["title"]
        if not book.is_seen:
            return are_numbered and has_other_title
        return self.is_ours or has_other_title or (are_numbered and fields.get("series", "") == book.fields["series"])

    def _find_by_work(self, fields: Fields) -> PendingBook | None:
        """The book with exactly this title, these authors and this year.

        Of several, a row without source_key and ISBN prefers a book that has neither, and any other row prefers one
        that is not seen: so each row finds the same book in a second import.
        """
        if "title" not in fields:
            return None
        equal = [book for book in self.by_work[_work(fields)] if self._is_possible(book, fields)]
        if "source_key" in fields or "isbn13" in fields:
            # A row that contradicts an earlier one is a book of its own, and is found as that again.
            possible = (book for book in equal if not any(self._disputed(book, fields)))
            return min(possible, key=lambda book: (book.is_seen, book.pk or math.inf), default=None)
        return min(equal, key=lambda book: (bool(book.key or book.fields["isbn13"]), book.pk or math.inf), default=None)

    def _is_possible(self, book: PendingBook, fields: Fields) -> bool:
        key, isbn = fields.get("source_key"), fields.get("isbn13")
        if isbn and book.fields["isbn13"]:
            return False  # two ISBNs are two editions
        if key is None or book.key is None:
            return True
        return not (book.is_seen or source_of(key) == source_of(book.key))

    def _disputed(self, book: PendingBook, fields: Fields) -> Iterator[str]:
        """The fields in which the row contradicts an earlier one of this file."""
        if not book.is_seen:
            return
        free = {"source_key", *(["authors"] if self.one_person_a_row else [])}
        for name, value in fields.items():
            earlier = book.fields[name]
            if value != earlier and (name in IDENTITY or earlier not in NOTHING) and name not in free:
                yield name

    def _changed(self, book: PendingBook, fields: Fields) -> Fields:
        """The book's fields with those of the row."""
        changed = {**book.fields, **fields}
        changed["source_key"] = book.key or changed["source_key"]  # a book keeps its first key
        if self.one_person_a_row:
            changed["authors"] = list(dict.fromkeys([*book.fields["authors"], *fields.get("authors", ())]))
            if len(changed["authors"]) > MAX_AUTHORS:
                raise RowError("authors", fields["authors"], f"A book has at most {MAX_AUTHORS} authors.")
        return settled(changed)

    def _put(self, book: PendingBook) -> None:
        if book.key:
            self.by_key[book.key] = book
        if isbn13 := book.fields["isbn13"]:
            self.by_isbn[isbn13].append(book)
        self.by_work[_work(book.fields)].append(book)

    def _remove(self, book: PendingBook) -> None:
        if isbn13 := book.fields["isbn13"]:
            self.by_isbn[isbn13].remove(book)
        self.by_work[_work(book.fields)].remove(book)


def corrected(pks: Collection[int]) -> dict[int, set[str]]:
    """The fields of these books that a person was the last to change, after an import had given them. One query."""
    changes = Change.objects.filter(book_id__in=among(pks)).order_by("book_id", "id")
    imported: set[int] = set()
    found: defaultdict[int, set[str]] = defaultdict(set)
    for pk, via, fields in changes.values_list("book_id", "via", "fields"):
        if via == Channel.IMPORT:
            imported.add(pk)
        if via in PEOPLE and pk in imported:
            found[pk] |= fields.keys()
        else:
            found[pk] -= fields.keys()
    return found


def _label(before: Fields, changed: Fields, given: Fields) -> str:
    """The label that stands for the number the book has now: a row's label is for the row's own number."""
    number = changed["series_number"]
    if given.get("series_number", number) != number:
        return cast("str", before["series_label"])
    is_kept = before["series_number"] in {None, number}
    return cast("str", changed["series_label"] if is_kept else given.get("series_label", ""))


def _is_same_volume(book: PendingBook, fields: Fields) -> bool:
    return bool(book.fields["series_number"] == fields.get("series_number"))


def _work(fields: Fields) -> tuple[Any, ...]:
    return fields["title"], tuple(fields.get("authors", ())), fields.get("published_year")
