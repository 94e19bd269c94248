"""Writes many books at once, with their authors, topics, series, links, history and search index."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched, chain
from typing import Any, TypeVar, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from books.metadata.record import Record
from books.metadata.roles import Contributor, people
from books.metadata.series import Place, places
from books.models.author import AUTHOR_COLUMNS, Author, BookAuthor, new_author
from books.models.book_columns import RECORD_COLUMNS, OtherNames, as_record, columns, other_names_column, record_of
from books.models.change import Action, Actor, Change, differences
from books.models.fields import among
from books.models.links import delete_unused, other_names, unlink
from books.models.named import Named
from books.models.series import BookSeries, Series
from books.models.topic import BookTopic, Topic
from books.search.index import index_new, keep_in_step
from books.search.pagination import PagedQuerySet

MAX_VALUES = 1000  # in one query
MAX_ROWS = 100  # in one INSERT, so that SQLite has few different statements to cache
BATCH = 500  # books read and written at once

Authors = Mapping[str, tuple[int, str]]  # by name: the id, and the sort key of those with a sort name of their own
Names = tuple[list[Contributor], list[str], list[Place]]  # a book's links
Fields = dict[str, Any]  # a Record, for access to fields by variable names
_Book = TypeVar("_Book", bound=Model)


@dataclass(eq=False)
class PendingBook:
    """A book to be written."""

    fields: Fields
    pk: int = 0  # 0: not stored yet
    version: int = 1
    before: Fields = field(default_factory=dict)  # as stored; empty for a new book
    undoes: int | None = None  # the id of the change that this one undoes

    @property
    def record(self) -> Record:
        return cast("Record", self.fields)

    def change(self, values: Mapping[str, Any]) -> None:
        self.fields = {**self.fields, **values}
        self.version += 1

    @property
    def is_changed(self) -> bool:
        return self.fields is not self.before


def _names(fields: Fields) -> Names:
    return people(fields), fields["topics"], places(fields)


class BookWriter(PagedQuerySet[_Book]):
    """Writes books, one or many at once, with their authors, topics, series, links, history and search index."""

    def read_pending(self, pks: Sequence[int]) -> Iterator[list[PendingBook]]:
        """The books with these ids as stored, in batches."""
        for batch in batched(pks, BATCH):
            rows = self.filter(pk__in=among(batch)).order_by("pk").values_list("pk", "version", *RECORD_COLUMNS)
            records = [(pk, version, cast("Fields", record_of(values))) for pk, version, *values in rows]
            yield [PendingBook(fields, pk, version, before=fields) for pk, version, fields in records]

    def write(self, pending: Iterable[PendingBook], actor: Actor, sort_names: Mapping[str, str] = {}) -> None:
        """Store new and changed books and their history in the caller's transaction. New books get their ids.

        `sort_names`: those of new authors that cannot be derived from the name.
        """
        _write_changes(self.store(pending, sort_names), actor)

    def store(self, pending: Iterable[PendingBook], sort_names: Mapping[str, str] = {}) -> list[PendingBook]:
        """The same without history. Returns the new and changed books."""
        books = [book for book in pending if book.is_changed]
        if not books:
            return []
        others = other_names([book.fields for book in books])
        names = {book: _names(book.fields) for book in books}
        linked = {book: each for book, each in names.items() if not book.before or each != _names(book.before)}
        unlinked = unlink([book.pk for book in linked if book.before])
        changed = [book for book in books if book.before]
        self._update(changed, others)  # first, as a new book may have the ISBN that another one loses
        keep_in_step([book.pk for book in changed])
        if new := [book for book in books if not book.before]:
            self._create(new, others)
        authors = _authors(dict.fromkeys(person.name for named, *_ in names.values() for person in named), sort_names)
        self._link(linked, authors)
        self._file(books, authors)
        delete_unused(unlinked)
        return books

    def _update(self, books: Sequence[PendingBook], others: OtherNames) -> None:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        if rows := _rows(books, others, {"updated_at": now}):
            update_rows(self.model, list(rows[0])[:-1], [tuple(row.values()) for row in rows])

    def _create(self, books: Sequence[PendingBook], others: OtherNames) -> None:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        without_pk = [book for book in books if not book.pk]  # all but a restored one
        for book, pk in zip(without_pk, next_ids(self.model, len(without_pk)), strict=True):
            book.pk = pk
        rows = _rows(books, others, {"created_at": now, "updated_at": now})
        insert_rows(self.model, list(rows[0]), [tuple(row.values()) for row in rows])
        index_new(rows)

    def _link(self, books: Mapping[PendingBook, Names], authors: Authors) -> None:
        topics = Topic.objects.get_or_create_all({name for _, names, _ in books.values() for name in names})
        series = Series.objects.get_or_create_all({place.series for *_, found in books.values() for place in found})
        author_links, topic_links, series_links = [], [], []
        for book, (named, names, found) in books.items():
            author_links += [(book.pk, authors[name][0], role, position) for position, (name, role) in enumerate(named)]
            topic_links += [(book.pk, topics[name].pk) for name in names]
            series_links += [
                (book.pk, series[name].pk, number, label, position)
                for position, (name, number, label) in enumerate(found)
            ]
        insert_rows(BookAuthor, ["book_id", "author_id", "role", "position"], author_links)
        insert_rows(BookTopic, ["book_id", "topic_id"], topic_links)
        insert_rows(BookSeries, ["book_id", "series_id", "number", "label", "position"], series_links)

    def _file(self, books: Iterable[PendingBook], authors: Authors) -> None:
        """Set the `author_key` of books whose first author has a sort name of their own."""
        filed: defaultdict[str, list[int]] = defaultdict(list)
        for book in books:
            if (names := book.fields["authors"]) and (sort_key := authors[names[0]][1]):
                filed[sort_key].append(book.pk)
        for sort_key, pks in filed.items():
            self.filter(pk__in=among(pks)).update(author_key=sort_key)

    def index_other_names(self, named: Sequence[Named], written: Iterable[int]) -> None:
        """Index the books of these authors, topics or series under their new other names, except those just written."""
        kind, pks = str(named[0]._meta.model_name), [each.pk for each in named]
        links: Any = type(named[0]).books.through._default_manager.filter(**{f"{kind}__in": pks})
        unwritten = links.exclude(book__in=among(written)).values_list("book", flat=True).distinct()
        for batch in batched(unwritten, MAX_VALUES):
            rows = list(self.filter(pk__in=among(batch)).values("pk", "other_names", *RECORD_COLUMNS))
            others = other_names([as_record(row) for row in rows])
            found = [(other_names_column(as_record(row), others), row) for row in rows]
            changed = [(names, row["pk"]) for names, row in found if names != row["other_names"]]
            update_rows(self.model, ["other_names"], changed)
            keep_in_step([pk for _, pk in changed])


def _rows(books: Sequence[PendingBook], others: OtherNames, stamps: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns of these books, with the id last."""
    rows = list(columns((book.record for book in books), others))
    for book, row in zip(books, rows, strict=True):
        row |= {"version": book.version, **stamps, "id": book.pk}
    return rows


def update_rows(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Update these columns of rows, given as values and id. bulk_update would cost thirty times as much."""
    quote = connection.ops.quote_name
    written = ", ".join(f"{quote(name)} = %s" for name in names)
    sql = f"UPDATE {quote(model._meta.db_table)} SET {written} WHERE id = %s"  # noqa: S608 # nosec B608 - our names
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def next_ids(model: type[Model], count: int) -> Sequence[int]:
    """Ids for rows to insert. On SQLite, call it in a transaction that writes, or others may get the same ids."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = %s", [table])
            (first,) = cursor.fetchone()
            return range(first, first + count)
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [pk for (pk,) in cursor.fetchall()]


def _authors(names: Iterable[str], sort_names: Mapping[str, str]) -> Authors:
    """Find or create these authors."""

    def found(wanted: Iterable[str]) -> dict[str, tuple[int, str]]:
        rows = Author.objects.filter(name__in=among(wanted)).values_list("name", "pk", "sort_name", "sort_key")
        return {name: (pk, sort_key if sort_name else "") for name, pk, sort_name, sort_key in rows}

    known = found(names)
    if new := sorted(name for name in names if name not in known):  # so that two writers cannot deadlock
        rows = [new_author(name, sort_names.get(name, "")) for name in new]
        insert_rows(Author, AUTHOR_COLUMNS, rows, " ON CONFLICT DO NOTHING")
        known |= found(new)
    return known


def _write_changes(books: Sequence[PendingBook], actor: Actor) -> None:
    """Record changes of many books, as Change.objects.log does for one."""
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    undoes = actor.undoes.pk if actor.undoes else None
    origin = (actor.channel.value, actor.user_id, actor.job_id, actor.name_change_id, at)
    insert_rows(
        Change,
        ["book_id", "version", "action", "fields", "undoes_id", "via", "user_id", "job_id", "name_change_id", "at"],
        [(book.pk, book.version, *_action(book), book.undoes or undoes, *origin) for book in books],
    )


def _action(book: PendingBook) -> tuple[str, str]:
    if not book.before:
        return Action.ADDED.value, "{}"
    changed = differences(cast("Record", book.before), book.record)
    return Action.CHANGED.value, json.dumps(changed, cls=DjangoJSONEncoder)


def insert_rows(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]], ending: str = "") -> None:
    """Insert rows. bulk_create would cost five times as much, which would double the time of an import.

    On SQLite, triggers cost more per statement than per row. PostgreSQL uses COPY.
    """
    quote = connection.ops.quote_name
    into = f"{quote(model._meta.db_table)} ({', '.join(map(quote, names))})"
    is_sqlite = connection.vendor == "sqlite"
    row = f"({', '.join(['?' if is_sqlite else '%s'] * len(names))})"
    with connection.cursor() as cursor:
        if is_sqlite or ending:
            # Django's cursor replaces each %s by ?, which would take an eighth of the time of long statements.
            execute = connection.connection.execute if is_sqlite else cursor.execute
            for part in batched(rows, MAX_ROWS):
                values = ", ".join([row] * len(part))
                sql = f"INSERT INTO {into} VALUES {values}{ending}"  # noqa: S608 # nosec B608 - our names
                with connection.wrap_database_errors:
                    execute(sql, list(chain.from_iterable(part)))
        elif rows:
            with connection.wrap_database_errors, cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for each in rows:
                    copy.write_row(each)
