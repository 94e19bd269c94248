"""A book, the questions one asks of books, and the few verbs that change one."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, cast

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Func, Q, Value
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import Exact
from django.urls import reverse

from books.metadata import fingerprint, languages, record
from books.metadata.record import Record
from books.metadata.text import TEXTS, lines
from books.models.author import KEY_LENGTH, Author, BookAuthor, sort_key
from books.models.change import COMMAND, Action, Actor, Change, differences
from books.models.fields import SortKeyField, WordsField
from books.models.topic import BookTopic, Topic
from books.models.words import Words
from books.search.filters import BookSearch
from books.search.index import keep_in_step
from books.search.pagination import Ordering, PagedQuerySet
from books.search.query import tsvector
from books.search.results import COLUMNS, Matches

NAME_SEPARATOR = "\n"  # between the names in author_names and topic_names: no name holds a line end
YEAR_UNKNOWN_LAST, YEAR_UNKNOWN_FIRST = 32_767, -32_768


class StaleVersion(Exception):
    """The book was changed since the caller read it, or is gone."""


class Duplicate(Exception):
    """Another book has already what only one may have; its id is the argument."""

    def __init__(self, book_id: int) -> None:
        super().__init__(book_id)
        self.book_id = book_id


class DuplicateISBN(Duplicate):
    """Another book has this ISBN already."""


class DuplicateSource(Duplicate):
    """Another book has come from this source, under this key, already."""


@dataclass(frozen=True)
class Links:
    """The ids of the authors and topics that a book names."""

    authors: set[int] = field(default_factory=set)
    topics: set[int] = field(default_factory=set)

    def delete_unused(self) -> None:
        """Delete those that no book names any more."""
        Author.objects.delete_unused(self.authors)
        Topic.objects.delete_unused(self.topics)


RECORD_COLUMNS = tuple(record.COLUMNS.values())


def as_record(row: Mapping[str, Any]) -> Record:
    """The record in a row of RECORD_COLUMNS."""
    values = {name: row[column] for name, column in record.COLUMNS.items()}
    return cast("Record", {**values, **{name: split(values[name]) for name in record.NAMES}})


def columns(full: Record) -> dict[str, Any]:
    """The columns of a book's row that hold the record, and those that follow from it."""
    found = {
        **{column: full[name] for name, column in record.COLUMNS.items()},  # type: ignore[literal-required]
        "title_key": sort_key(full["title"]),
        "fingerprint": fingerprint.of(full["title"], full["authors"]),
        "primary_language": languages.primary(full["language"]),
        **{record.COLUMNS[name]: NAME_SEPARATOR.join(full[name]) for name in record.NAMES},  # type: ignore[literal-required]
    }
    if connection.vendor == "postgresql":
        found["words"] = tsvector(lines(found[name] for name in TEXTS))
    return found


def split(names: str) -> list[str]:
    """The names in author_names or topic_names."""
    return names.split(NAME_SEPARATOR) if names else []


def isbn_shape() -> Q:
    """13 ASCII digits that begin with 978 or 979-1 and up, said so that every database can check it."""
    return Q(
        Exact(Length("isbn13"), 13),
        Exact(Func("isbn13", Value("0123456789"), function="LTRIM", output_field=models.CharField()), Value("")),
        Q(isbn13__startswith="978") | Q(isbn13__gte="9791", isbn13__lt="98"),
    )


@contextmanager
def _naming_the_other_book(values: Record) -> Iterator[None]:
    """Turn the database's refusal of a second book with one ISBN or source_key into a Duplicate."""
    try:
        yield
    except IntegrityError:
        for name, refused in (("isbn13", DuplicateISBN), ("source_key", DuplicateSource)):
            others = Book.objects.filter(**{name: values.get(name) or ""}).values_list("pk", flat=True)
            if other := others.first():
                raise refused(other) from None
        raise


class BookQuerySet(PagedQuerySet["Book"]):
    ORDERINGS = {
        ordering.name: ordering
        for ordering in (
            Ordering("title", ("title_key", "id")),
            Ordering("-title", ("title_key", "id"), descending=True),
            Ordering("year", ("year_or_last", "id")),
            Ordering("-year", ("year_or_first", "id"), descending=True),
            Ordering("added", ("id",)),
            Ordering("-added", ("id",), descending=True),
            Ordering("relevance", ("distance", "id")),
        )
    }
    LIST_COLUMNS = COLUMNS

    def matching(self, search: BookSearch) -> Matches:
        """The books that a search finds: `apage` gives a page of them, `queryset` all."""
        return Matches(self, search)

    def after(self, pk: int) -> Self:
        """The books with later ids, in the order of their ids."""
        found = self.filter(pk__gt=pk)
        if Words._meta.db_table in self.query.alias_map:  # it gives ids in order, from where it is told to
            return found.filter(indexed__pk__gt=pk).order_by("indexed")
        return found.order_by("pk")

    def searched(self, query: str) -> Self:
        """The books that a search finds; to be called in a thread."""
        return cast("Self", self.matching(BookSearch.of({"q": query})).queryset())

    def add(self, values: Record, actor: Actor = COMMAND) -> "Book":
        """Put a book into the catalogue. Raises DuplicateISBN. One transaction."""
        with _naming_the_other_book(values), transaction.atomic():
            book = self.model().save_record({**record.EMPTY, **values})
            Change.objects.log(book, Action.ADDED, actor)
            return book

    def change(self, pk: int, values: Record, version: int | None = None, actor: Actor = COMMAND) -> "Book":
        """Give a book these fields; the others stay. One transaction.

        `version`: the one the caller has seen, None for any. Raises Book.DoesNotExist, StaleVersion, DuplicateISBN.
        """
        with _naming_the_other_book(values), transaction.atomic():
            book = self.get_for_update(pk, version)
            before = book.as_record()
            book.save_record({**before, **values})
            if changed := differences(before, book.as_record()):
                Change.objects.log(book, Action.CHANGED, actor, changed)
            return book

    def remove(self, pk: int, version: int | None = None, actor: Actor = COMMAND) -> None:
        """Take a book out of the catalogue. Raises Book.DoesNotExist, StaleVersion. One transaction."""
        with transaction.atomic():
            book = self.get_for_update(pk, version)
            links = book.links()
            book.delete_with_history(actor)
            links.delete_unused()

    def restore(self, pk: int, values: Record, version: int, actor: Actor = COMMAND) -> "Book":
        """Put a deleted book back under its id. Raises StaleVersion if it is there, DuplicateISBN. One transaction."""
        with _naming_the_other_book(values), transaction.atomic():
            if self.filter(pk=pk).exists():
                raise StaleVersion(version)
            book = self.model(version=version + 1).save_record({**record.EMPTY, **values}, pk)
            Change.objects.log(book, Action.ADDED, actor)
            return book

    def get_for_update(self, pk: int, version: int | None) -> "Book":
        """The book, which no other writer changes before this transaction ends."""
        book = self.select_for_update().filter(pk=pk).first()
        if book is None:
            into = Change.objects.merged_into(pk).first()
            raise MergedAway(into) if into else Book.DoesNotExist
        if version is not None and book.version != version:
            raise StaleVersion(book.version)
        return book


class Book(models.Model):
    title = models.CharField(max_length=record.MAX_TITLE)
    subtitle = models.CharField(max_length=record.MAX_TEXT, blank=True)
    isbn13 = models.CharField(max_length=13, unique=True, null=True, blank=True)
    publisher = models.CharField(max_length=record.MAX_TEXT, blank=True)
    published_year = models.SmallIntegerField(null=True, blank=True)
    language = models.CharField(max_length=languages.MAX_LENGTH, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)
    description = models.TextField(blank=True)
    series = models.CharField(max_length=record.MAX_TEXT, blank=True)
    series_number = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    source_key = models.CharField(max_length=record.MAX_NAME, unique=True, null=True, editable=False)
    authors = models.ManyToManyField(Author, through=BookAuthor, related_name="books")
    topics = models.ManyToManyField(Topic, through=BookTopic, related_name="books")

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    # What follows from the fields above; `derived` makes it.
    title_key = SortKeyField(max_length=KEY_LENGTH, editable=False)
    fingerprint = SortKeyField(
        max_length=fingerprint.LENGTH, editable=False, null=True
    )  # see books.metadata.fingerprint
    primary_language = models.CharField(max_length=languages.MAX_LENGTH, editable=False, null=True)  # en of en-us
    author_names = models.TextField(editable=False, default="")
    topic_names = models.TextField(editable=False, default="")
    words = WordsField(editable=False, null=True)
    # NULL has no place in a keyset: the unknown years come last, whichever way the list runs.
    year_or_last = models.GeneratedField(
        expression=Coalesce("published_year", Value(YEAR_UNKNOWN_LAST)),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    year_or_first = models.GeneratedField(
        expression=Coalesce("published_year", Value(YEAR_UNKNOWN_FIRST)),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    objects = BookQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["title_key", "id"], name="book_by_title"),
            models.Index(fields=["year_or_last", "id"], name="book_by_year"),
            models.Index(fields=["year_or_first", "id"], name="book_by_year_down"),
            models.Index(fields=["primary_language", "title_key", "id"], name="book_by_primary_language"),
            models.Index(fields=["fingerprint", "id"], name="book_by_fingerprint"),
            models.Index(fields=["series"], name="book_by_series", condition=~Q(series="")),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="title_not_empty"),
            models.CheckConstraint(
                condition=Q(published_year=None) | Q(published_year__range=(record.YEARS.start, record.YEARS.stop - 1)),
                name="year_possible",
            ),
            models.CheckConstraint(
                condition=Q(pages=None) | Q(pages__range=(record.PAGES.start, record.PAGES.stop - 1)),
                name="pages_possible",
            ),
            models.CheckConstraint(condition=Q(isbn13=None) | isbn_shape(), name="isbn13_shape"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("book_detail", args=[self.pk])

    def as_record(self) -> Record:
        return as_record({name: getattr(self, name) for name in RECORD_COLUMNS})

    def save_record(self, full: Record, new_pk: int | None = None) -> "Self":
        """Write the whole record to this book and its links; to be called within a transaction.

        `new_pk`: the id that a new book is to have, if not the next.
        """
        authors = Author.objects.by_names(full["authors"])
        topics = Topic.objects.by_names(full["topics"])
        full = {**full, "topics": [topics[slug].name for slug in sorted(topics)]}
        if self.pk and full == self.as_record():
            return self
        for name, value in columns(full).items():
            setattr(self, name, value)
        before = self.links() if self.pk else None
        self.version += 1 if before else 0
        self.pk = self.pk or new_pk
        self.save(force_insert=before is None)
        keep_in_step([self.pk])
        if before:
            self.bookauthor_set.all().delete()
            self.booktopic_set.all().delete()
        self.link([authors[name] for name in full["authors"]], topics.values())
        if before:
            before.delete_unused()
        return self

    def delete_with_history(self, actor: Actor) -> Change:
        """Delete the book, but not yet the authors and topics that only it has named."""
        deletion = Change.objects.log(self, Action.DELETED, actor, differences(self.as_record(), record.EMPTY))
        pk = self.pk
        self.delete()
        keep_in_step([pk])
        return deletion

    def links(self) -> "Links":
        return Links(
            authors=set(self.bookauthor_set.values_list("author", flat=True)),
            topics=set(self.booktopic_set.values_list("topic", flat=True)),
        )

    def link(self, authors: Iterable[Author], topics: Iterable[Topic]) -> None:
        """Name these authors, in this order, and these topics."""
        BookAuthor.objects.bulk_create(
            BookAuthor(book=self, author=author, position=position) for position, author in enumerate(authors)
        )
        BookTopic.objects.bulk_create(BookTopic(book=self, topic=topic) for topic in topics)


class MergedAway(Book.DoesNotExist):
    """The book was merged into another, whose id is the argument."""

    def __init__(self, into: int) -> None:
        super().__init__(into)
        self.into = into
