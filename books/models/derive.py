"""Derives the columns and search words of books again, after the rules have changed."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from django.db import connection, models, transaction

from books.metadata import roles
from books.metadata.record import Record
from books.models.author import Author, AuthorName, BookAuthor
from books.models.book import Book
from books.models.book_columns import RECORD_COLUMNS, as_record, text_columns
from books.models.bulk import update_rows
from books.models.fields import SortKeyField, among
from books.models.links import other_names
from books.models.series import Series, SeriesName
from books.models.topic import BookTopic, TopicName
from books.search.index import LARGE_PORTION, Report, keep_in_step

DERIVED = (
    *("title_key", "author_key", "series_key", "fingerprint", "primary_language"),
    *("author_names", "topic_names", "contributors", "other_names"),
)
KEYS: dict[type[models.Model], list[str]] = {
    model: [field.name for field in model._meta.fields if isinstance(field, SortKeyField)]
    for model in (Author, Series, AuthorName, SeriesName, TopicName)
}


def derive_all(report: Report = lambda books: None) -> None:
    """Derive the columns of all books again, after an upgrade has changed the rules and before it indexes the books.

    Other writers may write between portions. After an interruption, the next call only writes what is still wrong.
    """
    derive_names()
    last, books = 0, Book.objects.order_by("pk").values_list("pk", flat=True)
    while pks := list(books.filter(pk__gt=last)[:LARGE_PORTION]):
        _derive_columns(pks)
        last = pks[-1]
        report(len(pks))


@transaction.atomic
def derive(pks: Sequence[int]) -> int:
    """Derive the columns and words of these books again. Returns how many were wrong."""
    wrong = _derive_columns(pks)
    if connection.vendor == "postgresql":
        Book.objects.filter(pk__in=pks).update(words=None)  # so that they are indexed
    keep_in_step(pks)
    return wrong


def derive_names() -> None:
    """Derive the keys of all names again. This comes first, as the keys of books depend on them."""
    for model, keys in KEYS.items():
        last = 0
        while found := _derive_keys(model, keys, last):
            last = found


@transaction.atomic
def _derive_keys(model: type[models.Model], keys: Sequence[str], last: int) -> int:
    rows: Any = model._default_manager.select_for_update().filter(pk__gt=last).order_by("pk")
    found = list(rows[:LARGE_PORTION])
    wrong = []
    for row in found:
        before = [getattr(row, key) for key in keys]
        right = [getattr(row.derived(), key) for key in keys]
        if right != before:
            wrong.append((*right, row.pk))
    update_rows(model, keys, wrong)
    return found[-1].pk if found else 0


@transaction.atomic
def _derive_columns(pks: Sequence[int]) -> int:
    names = dict.fromkeys(["pk", *RECORD_COLUMNS, *DERIVED])
    books = list(Book.objects.select_for_update().filter(pk__in=among(pks)).values(*names))
    people, topics, filed_under = defaultdict(list), defaultdict(list), dict[int, str]()
    links = BookAuthor.objects.filter(book__in=among(pks)).order_by("position")
    for pk, name, role, sort_key in links.values_list("book", "author__name", "role", "author__sort_key"):
        people[pk].append(roles.Contributor(name, role))
        if role == roles.AUTHOR:
            filed_under.setdefault(pk, sort_key)
    filed = BookTopic.objects.filter(book__in=among(pks)).order_by("topic__slug").values_list("book", "topic__name")
    for pk, name in filed:
        topics[pk].append(name)
    records = [{**as_record(book), **roles.fields(people[book["pk"]]), "topics": topics[book["pk"]]} for book in books]
    others = other_names(records)
    wrong = []
    for book, full in zip(books, records, strict=True):
        pk = book["pk"]
        right = text_columns(cast("Record", full), others)
        right["author_key"] = filed_under.get(pk, right["author_key"])
        if any(book[name] != right[name] for name in DERIVED):
            wrong.append((*(right[name] for name in DERIVED), pk))
    update_rows(Book, DERIVED, wrong)
    return len(wrong)
