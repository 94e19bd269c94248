"""A book, its queries, and the few methods that change a book together with its history."""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Literal, Self, cast

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from books.metadata import fingerprint, languages, numbers, record
from books.metadata.record import Record
from books.metadata.years import NEVER
from books.models.author import Author, BookAuthor
from books.models.book_columns import RECORD_COLUMNS, as_record
from books.models.bulk import BookWriter, PendingBook
from books.models.canonical_names import CanonicalNames
from books.models.change import COMMAND, Action, Actor, Change, differences
from books.models.errors import AlreadyRestored, Duplicate, DuplicateISBN, DuplicateSource, StaleVersion
from books.models.fields import SortKeyField, WordsField, isbn_shape, none_or_in
from books.models.links import delete_unused, unlink
from books.models.named import KEY_LENGTH
from books.models.series import BookSeries, Series
from books.models.topic import BookTopic, Topic
from books.models.words import Words
from books.search.filters import BookSearch
from books.search.index import keep_in_step
from books.search.pagination import Ordering
from books.search.results import COLUMNS, RELEVANCE, Matches

Versions = int | Container[int] | None
VOLUME: tuple[Literal["isbn13"], Literal["series_number"]] = ("isbn13", "series_number")  # one book per pair
VOLUMES_LOCK = 13  # an advisory lock of PostgreSQL; each ISBN is another one


def lock_volumes(*, for_import: bool) -> None:
    """Hold a lock until the transaction ends. Call it before books get ISBNs.

    On PostgreSQL no constraint sees another volume that is being added at the same time. An import holds the lock
    exclusively. Acquire it before locking any book's row: an import that holds it waits for rows, so the two could
    deadlock.
    """
    if connection.vendor == "postgresql":
        shared = "" if for_import else "_shared"
        connection.cursor().execute(f"SELECT pg_advisory_xact_lock{shared}(%s)", [VOLUMES_LOCK])


@contextmanager
def _duplicates_named(values: Record) -> Iterator[None]:
    """Raise the database's IntegrityError over an ISBN or source_key as a Duplicate with the other book's id."""
    try:
        yield
    except IntegrityError:
        volume = Q(isbn13=values.get("isbn13") or "", series_number=values.get("series_number"))
        for same, error in ((volume, DuplicateISBN), (Q(source_key=values.get("source_key") or ""), DuplicateSource)):
            if other := Book.objects.filter(same).values_list("pk", flat=True).first():
                raise error(other) from None
        raise


class BookQuerySet(BookWriter["Book"]):
    ORDERINGS = {
        ordering.name: ordering
        for ordering in (
            Ordering("title", ("title_key", "id")),
            Ordering("-title", ("title_key", "id"), descending=True),
            Ordering("year", ("year_or_last", "id")),
            Ordering("-year", ("year_or_first", "id"), descending=True),
            Ordering("added", ("id",)),
            Ordering("-added", ("id",), descending=True),
            Ordering("author", ("author_key", "title_key", "id")),
            Ordering("series", ("series_key", "title_key", "id")),
            RELEVANCE,
        )
    }
    # For books of one series, each with its place there.
    IN_SERIES = Ordering("series", ("place", "title_key", "id"))
    LIST_COLUMNS = COLUMNS

    def matching(self, search: BookSearch) -> Matches:
        """The books that a search finds: `apage` returns a page, `queryset` all of them."""
        return Matches(self, search)

    def after(self, pk: int) -> Self:
        """The books with higher ids, in the order of ids."""
        found = self.filter(pk__gt=pk)
        if Words._meta.db_table in self.query.alias_map:  # its ids are in order, from any id on
            return found.filter(indexed__pk__gt=pk).order_by("indexed")
        return found.order_by("pk")

    def search(self, query: str) -> Self:
        """The books that a search finds. Call it in a thread."""
        return cast("Self", self.matching(BookSearch.of({"q": query})).queryset())

    def add(self, values: Record, actor: Actor = COMMAND, *, shares_isbn: bool = False) -> "Book":
        """Add a book, in one transaction. Raises DuplicateISBN.

        `shares_isbn`: it may have the ISBN of another volume, with a different number in the series.
        """
        with _duplicates_named(values), transaction.atomic():
            if values.get("isbn13"):
                lock_volumes(for_import=False)
            self.refuse_taken_isbn(values, shares_isbn=shares_isbn)
            return self._write_one(PendingBook(canonical({**record.EMPTY, **values})), actor)

    def change(
        self, pk: int, values: Record, version: Versions = None, actor: Actor = COMMAND, *, shares_isbn: bool = False
    ) -> "Book":
        """Change these fields of a book, in one transaction.

        `version`: the version that the caller has read, or several of them; None: any. A book keeps an ISBN that it
        shares already, even without `shares_isbn`.
        Raises Book.DoesNotExist, StaleVersion, DuplicateISBN.
        """
        with _duplicates_named(values), transaction.atomic():
            if not values.keys().isdisjoint(VOLUME):
                lock_volumes(for_import=False)
            book = self.get_for_update(pk, version)
            before = book.as_record()
            full: Record = {**before, **values}
            if any(full[name] != before[name] for name in VOLUME):
                is_same = full["isbn13"] == before["isbn13"]
                undoes = None if is_same else actor.undoes
                self.refuse_taken_isbn(full, pk, shares_isbn=shares_isbn or is_same, undoes=undoes)
            return self._write_one(book.changed(full), actor)

    def _write_one(self, book: PendingBook, actor: Actor) -> "Book":
        self.write([book], actor)
        return self.get(pk=book.pk)

    def refuse_taken_isbn(
        self, values: Record, pk: int = 0, *, shares_isbn: bool, undoes: Change | None = None
    ) -> None:
        """Raises DuplicateISBN if another book has the ISBN, or if the two share it and have the same number.

        Undoing a change may share an ISBN with books that had it then, but not with one that got it since.
        """
        if isbn13 := values.get("isbn13"):
            if connection.vendor == "postgresql":  # no constraint sees a volume that is being added
                connection.cursor().execute("SELECT pg_advisory_xact_lock(%s)", [int(isbn13)])
            others = self.filter(isbn13=isbn13).exclude(pk=pk)
            if shares_isbn:
                refused = Q(series_number=values.get("series_number"))
                if undoes:
                    gets_isbn = Q(action=Action.ADDED) | Q(action=Action.CHANGED, fields__has_key="isbn13")
                    since = Change.objects.filter(gets_isbn, pk__gt=undoes.pk, undoes=None)
                    refused |= Q(models.Exists(since.filter(book_id=models.OuterRef("pk"))))
                others = others.filter(refused)
            if other := others.values_list("pk", flat=True).first():
                raise DuplicateISBN(other)

    def remove(self, pk: int, version: Versions = None, actor: Actor = COMMAND) -> None:
        """Delete a book, in one transaction. Raises Book.DoesNotExist, StaleVersion."""
        with transaction.atomic():
            book = self.get_for_update(pk, version)
            unlinked = unlink([pk])
            book.delete_with_history(actor)
            delete_unused(unlinked)

    def restore(self, pk: int, values: Record, version: int, actor: Actor = COMMAND) -> "Book":
        """Restore a deleted book under its id, in one transaction. Raises AlreadyRestored, DuplicateISBN."""
        if self.filter(pk=pk).exists():
            raise AlreadyRestored
        try:
            with _duplicates_named(values), transaction.atomic():
                self.refuse_taken_isbn(values, pk, shares_isbn=True, undoes=actor.undoes)
                book = PendingBook(canonical({**record.EMPTY, **values}), pk, version + 1)
                return self._write_one(book, actor)
        except (IntegrityError, Duplicate):
            if self.filter(pk=pk).exists():  # somebody else has just restored it
                raise AlreadyRestored from None
            raise

    def get_for_update(self, pk: int, version: Versions) -> "Book":
        """Get a book and lock it until the transaction ends. Raises Book.DoesNotExist, MergedAway, StaleVersion."""
        book = self.select_for_update().filter(pk=pk).first()
        if book is None:
            raise self.missing(pk)
        if version is not None and book.version not in ({version} if isinstance(version, int) else version):
            raise StaleVersion
        return book

    def missing(self, pk: int) -> Exception:
        """The exception that says why there is no book with this id."""
        into = Change.objects.merged_into(pk).first()
        return MergedAway(into) if into else Book.DoesNotExist()


class Book(models.Model):
    title = models.CharField(max_length=record.MAX_TITLE)
    subtitle = models.CharField(max_length=record.MAX_TEXT, blank=True)
    isbn13 = models.CharField(max_length=13, null=True, blank=True)
    publisher = models.CharField(max_length=record.MAX_TEXT, blank=True)
    published_year = models.SmallIntegerField(null=True, blank=True)
    language = models.CharField(max_length=languages.MAX_LENGTH, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)
    description = models.TextField(blank=True)
    series = models.CharField(max_length=record.MAX_TEXT, blank=True)
    series_number = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    series_label = models.CharField(max_length=numbers.MAX_LENGTH, blank=True, default="", db_default="")
    more_series = models.TextField(blank=True, default="", db_default="")  # one per line
    contributors = models.TextField(blank=True, default="", db_default="")  # one per line, each with a role
    source_key = models.CharField(max_length=record.MAX_NAME, unique=True, null=True, editable=False)
    authors = models.ManyToManyField(Author, through=BookAuthor, related_name="books")
    topics = models.ManyToManyField(Topic, through=BookTopic, related_name="books")
    in_series = models.ManyToManyField(Series, through=BookSeries, related_name="books")

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    # Derived from the fields above by `columns`.
    title_key = SortKeyField(max_length=KEY_LENGTH, editable=False)
    author_key = SortKeyField(max_length=KEY_LENGTH, editable=False, default="", db_default="")  # of the first author
    series_key = SortKeyField(max_length=KEY_LENGTH, editable=False, default="", db_default="")
    fingerprint = SortKeyField(max_length=fingerprint.LENGTH, editable=False, null=True)
    primary_language = models.CharField(max_length=languages.MAX_LENGTH, editable=False, null=True)  # en of en-us
    author_names = models.TextField(editable=False, default="")
    topic_names = models.TextField(editable=False, default="")
    other_names = models.TextField(editable=False, default="", db_default="")  # see `other_names_column`
    words = WordsField(editable=False, null=True)
    # Keyset pages need values without NULL. Unknown years come last in either direction.
    year_or_last = models.GeneratedField(
        expression=Coalesce("published_year", Value(NEVER)),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    year_or_first = models.GeneratedField(
        expression=Coalesce("published_year", Value(-32_768)),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    objects = BookQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["title_key", "id"], name="book_by_title"),
            models.Index(fields=["author_key", "title_key", "id"], name="book_by_author"),
            models.Index(fields=["series_key", "title_key", "id"], name="book_by_series_number"),
            models.Index(fields=["year_or_last", "id"], name="book_by_year"),
            models.Index(fields=["year_or_first", "id"], name="book_by_year_down"),
            models.Index(fields=["primary_language", "title_key", "id"], name="book_by_primary_language"),
            models.Index(fields=["fingerprint", "id"], name="book_by_fingerprint"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="title_not_empty"),
            models.CheckConstraint(condition=none_or_in("published_year", record.YEARS), name="year_possible"),
            models.CheckConstraint(condition=none_or_in("pages", record.PAGES), name="pages_possible"),
            models.CheckConstraint(condition=Q(isbn13=None) | isbn_shape(), name="isbn13_shape"),
            # Volumes of a set may share an ISBN. One of them may be without a number.
            models.UniqueConstraint("isbn13", Coalesce("series_number", Value(Decimal(-1))), name="one_book_a_volume"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("book_detail", args=[self.pk])

    def as_record(self) -> Record:
        return as_record({name: getattr(self, name) for name in RECORD_COLUMNS})

    def changed(self, full: Record) -> PendingBook:
        """The book with this record, to be written."""
        book = PendingBook({**self.as_record()}, self.pk, self.version)
        book.before, fields = book.fields, canonical(full, book.fields)
        if fields != book.before:
            book.change(fields)
        return book

    def delete_with_history(self, actor: Actor) -> Change:
        """Delete the book, but not authors, topics and series that no longer have books."""
        deletion = Change.objects.log(self, Action.DELETED, actor, differences(self.as_record(), record.EMPTY))
        pk = self.pk
        self.delete()
        keep_in_step([pk])
        return deletion


def canonical(full: Mapping[str, Any], *known: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the names of people, topics and series as the catalogue spells them."""
    return CanonicalNames([full], known).of_record(full)


class MergedAway(Book.DoesNotExist):
    """The book was merged into another."""

    def __init__(self, into: int) -> None:
        super().__init__(into)
        self.into = into
