"""The drafts of a batch into the tables, with what follows from them: authors, topics and links."""

import json
from collections.abc import Iterable, Sequence
from itertools import batched, chain
from typing import Any, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from books.importing.matching import Draft, Fields, slug_of
from books.importing.sets import among
from books.metadata.record import Record
from books.models import Action, Actor, Author, Book, BookAuthor, BookTopic, Change, Topic
from books.models.book import columns
from books.models.change import differences
from books.search.index import keep_in_step

AT_ONCE = 1000  # books or names in one query: SQLite may have room for no more than 32,766 values
INSERTED_AT_ONCE = 100  # rows: few lengths of statements, which SQLite prepares once and keeps


def write(drafts: Iterable[Draft], by: Actor) -> None:
    """Store what is new or changed; the new ones get their ids. To be called within a transaction."""
    drafts = [draft for draft in drafts if draft.changed]
    if not drafts:
        return
    linked = [draft for draft in drafts if _named(draft.fields) != _named(draft.before)]
    authors, topics = _unlink([draft.pk for draft in linked if draft.pk])
    _update([draft for draft in drafts if draft.pk])  # first: an ISBN that one gives up another may take
    _create([draft for draft in drafts if not draft.pk])
    keep_in_step([draft.pk for draft in drafts if draft.pk])
    _link(linked)
    _note(drafts, by)
    for pks in batched(authors, AT_ONCE):
        Author.objects.delete_unused(pks)
    Topic.objects.delete_unused(topics)


def _named(fields: Fields) -> tuple[list[str], list[str]]:
    return fields.get("authors", []), fields.get("topics", [])


def _update(drafts: Sequence[Draft]) -> None:
    books = [Book(pk=draft.pk, version=draft.version, **columns(draft.record)) for draft in drafts]
    if books:
        written = [*columns(drafts[0].record), "version", "updated_at"]
        Book.objects.bulk_create(books, AT_ONCE, update_conflicts=True, unique_fields=["pk"], update_fields=written)


def _create(drafts: Sequence[Draft]) -> None:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    stamps = {"created_at": now, "updated_at": now}
    rows = [{**columns(draft.record), "version": draft.version, **stamps} for draft in drafts]
    if rows:
        ids = _insert(Book, list(rows[0]), [tuple(row.values()) for row in rows], " RETURNING id")
        for draft, (pk,) in zip(drafts, ids, strict=True):
            draft.pk = pk


def _unlink(pks: Sequence[int]) -> tuple[set[int], set[int]]:
    """Take all authors and topics from these books, and tell which they were."""
    if not pks:
        return set(), set()
    by = BookAuthor.objects.filter(book__in=pks)
    under = BookTopic.objects.filter(book__in=pks)
    unlinked = set(by.values_list("author", flat=True)), set(under.values_list("topic", flat=True))
    by.delete()
    under.delete()
    return unlinked


def _link(drafts: Sequence[Draft]) -> None:
    authors: dict[str, int] = {}
    wanted = {name for draft in drafts for name in draft.fields["authors"]}
    authors |= Author.objects.filter(name__in=among(wanted)).values_list("name", "pk")
    for missing in batched(wanted - authors.keys(), AT_ONCE):
        authors |= {name: author.pk for name, author in Author.objects.by_names(missing).items()}
    topics: dict[str, Topic] = {}
    for names in batched({name for draft in drafts for name in draft.fields["topics"]}, AT_ONCE):
        topics |= Topic.objects.by_names(names)
    ordered = ((draft.pk, enumerate(draft.fields["authors"])) for draft in drafts)
    by = [(pk, authors[name], position) for pk, names in ordered for position, name in names]
    under = [(draft.pk, topics[slug_of(name)].pk) for draft in drafts for name in draft.fields["topics"]]
    _insert(BookAuthor, ["book_id", "author_id", "position"], by)
    _insert(BookTopic, ["book_id", "topic_id"], under)


def _note(drafts: Sequence[Draft], by: Actor) -> None:
    """Write down who changed what, as Change.objects.note does for one book."""
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    door = (by.channel.value, by.user_id, by.job_id, at)
    _insert(
        Change,
        ["book_id", "version", "action", "fields", "via", "user_id", "job_id", "at"],
        [(draft.pk, draft.version, *_action(draft), *door) for draft in drafts],
    )


def _action(draft: Draft) -> tuple[str, str]:
    if not draft.before:
        return Action.ADDED.value, "{}"
    changed = differences(cast("Record", draft.before), draft.record)
    return Action.CHANGED.value, json.dumps(changed, cls=DjangoJSONEncoder)


def _insert(
    model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]], ending: str = ""
) -> list[tuple[Any, ...]]:
    """Insert rows, and give what the statement's ending returns.

    bulk_create would cost five times as much, which is half the price of an import.
    """
    quote = connection.ops.quote_name
    into = f"{quote(model._meta.db_table)} ({', '.join(map(quote, names))})"
    row = f"({', '.join(['%s'] * len(names))})"
    returned: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for part in batched(rows, INSERTED_AT_ONCE):
            sql = f"INSERT INTO {into} VALUES {', '.join([row] * len(part))}{ending}"  # noqa: S608 # nosec B608 - our names
            cursor.execute(sql, list(chain.from_iterable(part)))
            returned += cursor.fetchall() if ending else []
    return returned
