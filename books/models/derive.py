"""Derives columns and search words of books again, after a change of the rules by which they are derived."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from django.db import connection

from books.metadata.record import Record
from books.models.author import Author, AuthorName, BookAuthor
from books.models.book import Book
from books.models.book_columns import columns
from books.models.series import Series
from books.models.topic import BookTopic
from books.search.index import Report, keep_in_step

BATCH = 100  # books at a time
DERIVED = (
    *("title_key", "author_key", "series_key", "fingerprint", "primary_language"),
    *("author_names", "topic_names", "other_names"),
)


def derive(books: Sequence[Book]) -> int:
    """Derive the columns and words of these books again, with their authors and series: how many were wrong?"""
    wrong, pks = derive_columns(books), [book.pk for book in books]
    if connection.vendor == "postgresql":
        Book.objects.filter(pk__in=pks).update(words=None)  # which has them indexed
    keep_in_step(pks)
    return wrong


def derive_columns(books: Sequence[Book]) -> int:
    pks = [book.pk for book in books]
    authors, topics, filed_under = defaultdict(list), defaultdict(list), dict[int, str]()
    links = BookAuthor.objects.filter(book__in=pks).order_by("position").select_related("author")
    for link in links:
        authors[link.book_id].append(link.author.name)
        filed_under.setdefault(link.book_id, link.author.derived().sort_key)
    filed = BookTopic.objects.filter(book__in=pks).order_by("topic__slug").values_list("book", "topic__name")
    for pk, name in filed:
        topics[pk].append(name)
    others = AuthorName.objects.by_author(link.author.name for link in links)
    wrong = [book for book in books if _set(book, authors[book.pk], topics[book.pk], filed_under, others)]
    Book.objects.bulk_update(wrong, DERIVED)
    Author.objects.bulk_update({link.author for link in links}, ["name_key", "sort_key"])
    series = Series.objects.filter(bookseries__book__in=pks).distinct()
    Series.objects.bulk_update([each.derived() for each in series], ["name_key", "sort_key"])
    return len(wrong)


def derive_all(report: Report = lambda books: None) -> None:
    """After an upgrade whose rules are others, before it indexes the books."""
    last = 0
    while books := list(Book.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        derive_columns(books)
        last = books[-1].pk
        report(len(books))


def _set(
    book: Book,
    authors: list[str],
    topics: list[str],
    filed_under: dict[int, str],
    other_names: Mapping[str, list[str]],
) -> bool:
    """Set the derived columns of the book. Returns whether one was wrong."""
    right = columns(cast("Record", {**book.as_record(), "authors": authors, "topics": topics}), other_names)
    right["author_key"] = filed_under.get(book.pk, right["author_key"])
    is_wrong = any(getattr(book, name) != right[name] for name in DERIVED)
    for name in DERIVED:
        setattr(book, name, right[name])
    return is_wrong
