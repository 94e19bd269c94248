"""Derives a book's columns and search words again, after a change of the rules by which they are derived."""

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import cast

from django.db import connection, transaction
from django.tasks import task

from books.jobs.run import current
from books.metadata.record import Record
from books.metadata.text import TEXTS, lines
from books.models import Author, Book, BookAuthor, BookTopic
from books.models.book_columns import columns
from books.search.index import keep_in_step, rebuild
from books.search.query import tsvector

BATCH = 100  # books of one transaction, for which other writers wait
DERIVED = ("title_key", "author_key", "series_key", "fingerprint", "primary_language", "author_names", "topic_names")


@task
def reindex() -> dict[str, int]:
    run = current()
    last, done, changed = (run.checkpoint.get(name, 0) for name in ("last", "done", "changed"))
    total = done + Book.objects.filter(pk__gt=last).count()
    if connection.vendor == "sqlite" and not last:
        indexed = 0
        for added in rebuild():
            run.check()
            indexed += added
            run.report_progress(f"{indexed:,} books indexed", total=total)
    while True:
        run.check()
        began = time.monotonic()
        with transaction.atomic():
            books = list(Book.objects.select_for_update().filter(pk__gt=last).order_by("pk")[:BATCH])
            if not books:
                return {"books": done, "changed": changed}
            last, done, changed = books[-1].pk, done + len(books), changed + derive(books)
            checkpoint = {"last": last, "done": done, "changed": changed}
            run.save_checkpoint(f"{done:,} books, {changed:,} changed", checkpoint, done=done, total=max(total, done))
        time.sleep(time.monotonic() - began)  # now others may write


def derive(books: Sequence[Book]) -> int:
    """Derive the columns and words of these books and of their authors again. Returns how many books were wrong."""
    wrong = derive_columns(books)
    keep_in_step([book.pk for book in books])
    if connection.vendor == "postgresql":
        for book in books:
            book.words = tsvector(lines(getattr(book, name) for name in TEXTS))
        Book.objects.bulk_update(books, ["words"])
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
    wrong = [book for book in books if _set(book, authors[book.pk], topics[book.pk], filed_under)]
    Book.objects.bulk_update(wrong, DERIVED)
    Author.objects.bulk_update({link.author for link in links}, ["name_key", "sort_key"])
    return len(wrong)


def derive_all() -> None:
    """After an upgrade whose rules are others, before it indexes the books."""
    last = 0
    while books := list(Book.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        derive_columns(books)
        last = books[-1].pk


def _set(book: Book, authors: list[str], topics: list[str], filed_under: dict[int, str]) -> bool:
    """Set the derived columns of the book. Returns whether one was wrong."""
    right = columns(cast("Record", {**book.as_record(), "authors": authors, "topics": topics}))
    right["author_key"] = filed_under.get(book.pk, right["author_key"])
    is_wrong = any(getattr(book, name) != right[name] for name in DERIVED)
    for name in DERIVED:
        setattr(book, name, right[name])
    return is_wrong
