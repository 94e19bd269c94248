"""The books that the rows of a batch may match, indexed by everything that identifies a book."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, cast

from django.db.models import Q

from books.importing.results import shortened
from books.importing.seen_books import SeenBooks
from books.metadata import fingerprint
from books.models import Book, Change, Channel, bulk
from books.models.book_columns import RECORD_COLUMNS, record_of
from books.models.bulk import Fields
from books.models.canonical_names import CanonicalNames
from books.models.fields import among
from books.web.serializers import book_url

PEOPLE = {Channel.PAGE, Channel.API, Channel.ADMIN}


@dataclass(eq=False)
class PendingBook(bulk.PendingBook):
    """A book as it will be after the batch."""

    is_seen: bool = False  # an earlier row of this file matched it
    is_foreign: bool = False  # and that row had a different source_key

    @property
    def key(self) -> str | None:
        return cast("str | None", self.fields["source_key"])

    @property
    def url(self) -> str:
        return book_url(self.pk)

    def __str__(self) -> str:
        return f"book {self.pk}" if self.pk else f"“{shortened(self.fields['title'])}”"


class Candidates:
    """Loads the books in at most three queries and locks them until the transaction ends."""

    def __init__(self, seen: SeenBooks, wanted: Collection[Fields], *, one_person_a_row: bool) -> None:
        self.seen = seen
        self.pending: list[PendingBook] = []
        self.by_pk: dict[int, PendingBook] = {}
        self.by_key: dict[str, PendingBook] = {}
        self.by_isbn: defaultdict[str, list[PendingBook]] = defaultdict(list)
        self.by_work: defaultdict[tuple[Any, ...], list[PendingBook]] = defaultdict(list)
        self._load_books(wanted, one_person_a_row=one_person_a_row)
        self.names = CanonicalNames(wanted, (book.fields for book in self.pending))
        self._corrected: dict[int, set[str]] | None = None  # loaded when first needed

    def _load_books(self, wanted: Collection[Fields], *, one_person_a_row: bool) -> None:
        keys = {fields["source_key"] for fields in wanted if "source_key" in fields}
        isbns = {fields["isbn13"] for fields in wanted if "isbn13" in fields}
        self._load(source_key=keys, isbn13=isbns)
        unknown = (fields for fields in wanted if fields.get("source_key") not in self.by_key)
        prints = {fingerprint.of(each["title"], each.get("authors", [])) for each in unknown if "title" in each}
        # With one person per row, a match from another source would not be found again for the second row.
        self._load(Q(source_key=None) if one_person_a_row else Q(), fingerprint=prints)
        self._load(isbn13=self.by_isbn.keys() - isbns)  # other volumes

    def _load(self, further: Q = Q(), **wanted: set[str]) -> None:  # noqa: B008 - a Q is never changed
        """Load the books with one of the wanted values in a column."""
        any_of = [Q(**{f"{column}__in": among(values)}) for column, values in wanted.items() if values]
        if not any_of:
            return
        found = Book.objects.select_for_update().filter(further, reduce(or_, any_of)).order_by("pk")
        for pk, version, *values in found.values_list("pk", "version", *RECORD_COLUMNS):
            if pk not in self.by_pk:
                fields = cast("Fields", record_of(values))
                is_seen, is_foreign = pk in self.seen.books, pk in self.seen.foreign
                book = PendingBook(fields, pk, version, is_seen=is_seen, is_foreign=is_foreign, before=fields)
                self.by_pk[pk] = book
                self.add(book)

    def add(self, book: PendingBook) -> None:
        self.pending.append(book)
        self._put(book)

    def change(self, book: PendingBook, fields: Fields) -> None:
        if isbn13 := book.fields["isbn13"]:
            self.by_isbn[isbn13].remove(book)
        self.by_work[work(book.fields)].remove(book)
        book.fields = fields
        book.version += 1
        self._put(book)

    def _put(self, book: PendingBook) -> None:
        if book.key:
            self.by_key[book.key] = book
        if isbn13 := book.fields["isbn13"]:
            self.by_isbn[isbn13].append(book)
        self.by_work[work(book.fields)].append(book)

    def corrected(self, pk: int) -> set[str]:
        """The fields of a book that a person has changed since an import last set them."""
        if self._corrected is None:
            self._corrected = _corrected(self.by_pk)
        return self._corrected.get(pk, set())

    def all_seen(self) -> SeenBooks:
        """The seen books including those of this batch, once these are stored."""
        books = [book.pk for book in self.pending if book.pk and book.is_seen]
        foreign = [book.pk for book in self.pending if book.pk and book.is_foreign]
        return SeenBooks(self.seen.books.union(books), self.seen.foreign.union(foreign))


def _corrected(pks: Collection[int]) -> dict[int, set[str]]:
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


def work(fields: Fields) -> tuple[Any, ...]:
    """The values by which a row without source_key and ISBN matches its book."""
    return fields["title"], tuple(fields.get("authors", ())), fields.get("published_year")
