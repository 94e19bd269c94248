"""Which book a row belongs to, and how it changes that book.

A row finds its book by source_key, else by ISBN, else by equal title, authors and year. If volumes share an ISBN, it
finds the one with the same number. It fills the book's empty fields, replaces its values or skips the book, as
`existing` says. Fields that a person has corrected since an import are kept.
Two rules make sure that importing the same file again changes nothing:
- rows with different source keys are never the same book, even if an ISBN or a title leads both to it;
- a later row for the same book may fill empty fields, but not contradict an earlier row or change the fields that
  identify the book.
Values that break these rules are left out with a note, but the row is still imported: an ISBN that another book in the
file has with the same number in the series, or a value that contradicts an earlier row.
"""

import math
from collections.abc import Iterator
from typing import cast

from books.importing.candidates import Candidates, PendingBook, work
from books.importing.formats.base import Format
from books.importing.results import RowError, RowOutcome, shortened
from books.importing.rows import NOTHING
from books.metadata.record import EMPTY, MAX_AUTHORS, MAX_TOPICS, placeholder_title, source_of
from books.metadata.series import normalize_series
from books.models.book import VOLUME
from books.models.bulk import Fields

EXISTING = ("fill", "replace", "skip")  # what a row does to a book in the catalogue
IDENTITY = {"title", "authors", "published_year"}  # they identify a book for rows without source_key and ISBN


class Matcher:
    """Applies the rows of a batch, one after the other, to candidates or new books."""

    def __init__(self, candidates: Candidates, known: Format, existing: str) -> None:
        self.candidates = candidates
        self.known = known
        self.existing = existing
        self.dropped: list[RowError] = []  # of the last row
        self.remarks: list[RowError] = []  # other notes on the last row

    def apply(self, given: Fields) -> tuple[RowOutcome, PendingBook]:
        """Add or change the book of a row. If it raises RowError, no book has changed."""
        self.dropped, self.remarks = [], []
        fields = self.candidates.names.of(given)
        if book := self._find(fields):
            return self._change(book, fields), book
        return RowOutcome.CREATED, self._add(fields)

    def _add(self, fields: Fields) -> PendingBook:
        if "title" not in fields and self.known.is_by_isbn and "isbn13" in fields:
            fields["title"] = placeholder_title(fields["isbn13"])
            self.dropped.append(RowError("title", "", "The list has no titles: look up the books that were added."))
        if "title" not in fields:
            raise RowError("title", "", "A book needs a title.")
        if others := self.candidates.by_isbn.get(fields.get("isbn13", "")):
            self.remarks.append(RowError("isbn13", fields["isbn13"], f"Another volume has this ISBN too: {others[0]}."))
        book = PendingBook(normalize_series({**EMPTY, **fields}), is_seen=True)
        self.candidates.add(book)
        return book

    def _change(self, book: PendingBook, given: Fields) -> RowOutcome:
        fields = self._allowed(book, given)
        if fields.items() <= book.fields.items():  # like most rows of a list that is imported again
            book.is_seen = True
            return RowOutcome.UNCHANGED
        for name in list(self._disputed(book, fields)):
            value = shortened(book.fields[name]) or "(empty)"
            self._drop(fields, name, f"An earlier row for this book says otherwise: {value}.")
        changed = self._changed(book, fields)
        sharing = self.candidates.by_isbn.get(changed["isbn13"], ())
        if any(each is not book and _is_same_volume(each, changed) for each in sharing):
            for name in (name for name in VOLUME if changed[name] != book.fields[name]):
                self._drop(fields, name, "Another book has this ISBN and this number.")
                changed[name] = book.fields[name]
        changed["series_label"] = _label(book.fields, changed, given)
        book.is_seen = True
        book.is_foreign = book.is_foreign or ("source_key" in fields and changed["source_key"] != fields["source_key"])
        if changed == book.fields:
            return RowOutcome.UNCHANGED
        self.candidates.change(book, changed)
        return RowOutcome.UPDATED

    def _allowed(self, book: PendingBook, given: Fields) -> Fields:
        """The fields that the row may change: all for a book that is new in this file, else depending on `existing`."""
        if not book.before:
            return {**given}
        if self.existing == "skip":
            return {}
        fields = self._filling(book, given) if self.existing == "fill" else {**given}
        changes = {name for name, value in fields.items() if value != book.fields[name]}
        for name in changes and changes & self.candidates.corrected(book.pk):
            self._drop(fields, name, "Kept as it is: a person has corrected this field.")
        return fields

    def _filling(self, book: PendingBook, given: Fields) -> Fields:
        """The row's values for empty fields, and its topics in addition. A placeholder title counts as empty."""
        free = {"authors"} if self.known.one_person_a_row else set()
        if book.fields["isbn13"] and book.fields["title"] == placeholder_title(book.fields["isbn13"]):
            free.add("title")
        fields = {name: value for name, value in given.items() if book.fields[name] in NOTHING or name in free}
        if "topics" in given:
            topics = self.candidates.names.of_topics([*book.fields["topics"], *given["topics"]])
            fields["topics"] = topics[:MAX_TOPICS]
        return fields

    def _drop(self, fields: Fields, name: str, reason: str) -> None:
        self.dropped.append(RowError(name, fields.pop(name), reason))

    def _find(self, fields: Fields) -> PendingBook | None:
        key, other = fields.get("source_key"), self._find_by_isbn(fields)
        own = self.candidates.by_key.get(key) if key else None
        if other and self._is_anothers(other, own, fields):
            self._drop(fields, "isbn13", f"Another book has this ISBN: {other}.")
            other = None
        if own and own.is_foreign:
            raise RowError("source_key", key, f"An earlier row with a different source_key is for this book: {own}.")
        return own or other or self._find_by_work(fields)

    def _is_anothers(self, other: PendingBook, own: PendingBook | None, fields: Fields) -> bool:
        """Whether the book with the row's ISBN is a different one."""
        if own:
            return bool(own.fields["isbn13"] != fields["isbn13"])
        has_other_title = "title" in fields and fields["title"] != other.fields["title"]
        return other.is_seen and (has_other_title or bool(fields.get("source_key") and other.key))

    def _find_by_isbn(self, fields: Fields) -> PendingBook | None:
        """The book with the row's ISBN; among volumes that share it, the one with the row's number or title."""
        volumes, title = self.candidates.by_isbn.get(fields.get("isbn13", ""), ()), fields.get("title")
        same = [book for book in volumes if _is_same_volume(book, fields)]
        possible = same or [book for book in volumes if not self._is_other_volume(book, fields)]
        return min(possible, key=lambda book: book.fields["title"] != title, default=None)

    def _is_other_volume(self, book: PendingBook, fields: Fields) -> bool:
        """Whether a row with a different number is for another volume, rather than correcting this one."""
        are_numbered = "series_number" in fields and book.fields["series_number"] is not None
        has_other_title = "title" in fields and fields["title"] != book.fields["title"]
        if not book.is_seen:
            return are_numbered and has_other_title
        return (
            self.known.is_ours
            or has_other_title
            or (are_numbered and fields.get("series", "") == book.fields["series"])
        )

    def _find_by_work(self, fields: Fields) -> PendingBook | None:
        """The book with exactly this title, these authors and this year.

        Of several, a row without source_key and ISBN prefers a book with neither, and any other row prefers one that
        no row has matched yet. So each row finds the same book when the file is imported again.
        """
        if "title" not in fields:
            return None
        equal = [book for book in self.candidates.by_work[work(fields)] if self._is_possible(book, fields)]
        if "source_key" in fields or "isbn13" in fields:
            # A row that contradicts an earlier one is a separate book, and is found as such again.
            possible = (book for book in equal if not any(self._disputed(book, fields)))
            return min(possible, key=lambda book: (book.is_seen, book.pk or math.inf), default=None)
        return min(equal, key=lambda book: (bool(book.key or book.fields["isbn13"]), book.pk or math.inf), default=None)

    def _is_possible(self, book: PendingBook, fields: Fields) -> bool:
        key, isbn = fields.get("source_key"), fields.get("isbn13")
        if isbn and book.fields["isbn13"]:
            return False  # different ISBNs are different editions
        if key is None or book.key is None:
            return True
        return not (book.is_seen or source_of(key) == source_of(book.key))

    def _disputed(self, book: PendingBook, fields: Fields) -> Iterator[str]:
        """The fields in which the row contradicts an earlier row of this file."""
        if not book.is_seen:
            return
        free = {"source_key", *(["authors"] if self.known.one_person_a_row else [])}
        for name, value in fields.items():
            earlier = book.fields[name]
            if value != earlier and (name in IDENTITY or earlier not in NOTHING) and name not in free:
                yield name

    def _changed(self, book: PendingBook, fields: Fields) -> Fields:
        """The book's fields with those of the row."""
        changed = {**book.fields, **fields}
        changed["source_key"] = book.key or changed["source_key"]  # a book keeps its first key
        if self.known.one_person_a_row:
            changed["authors"] = list(dict.fromkeys([*book.fields["authors"], *fields.get("authors", ())]))
            if len(changed["authors"]) > MAX_AUTHORS:
                raise RowError("authors", fields["authors"], f"A book has at most {MAX_AUTHORS} authors.")
        return normalize_series(changed)


def _label(before: Fields, changed: Fields, given: Fields) -> str:
    """The label for the book's new number: a row's label belongs to the row's own number."""
    number = changed["series_number"]
    if given.get("series_number", number) != number:
        return cast("str", before["series_label"])
    is_kept = before["series_number"] in {None, number}
    return cast("str", changed["series_label"] if is_kept else given.get("series_label", ""))


def _is_same_volume(book: PendingBook, fields: Fields) -> bool:
    return bool(book.fields["series_number"] == fields.get("series_number"))
