"""Writes books for views: each is a sync function with one transaction, and returns data for the response."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from books.history.duplicates import MAX_COMPARED
from books.metadata import fingerprint
from books.metadata.record import Record
from books.metadata.sameness import TITLE, are_distinguishable
from books.models import Actor, Book, BookSeries, IdempotentResponse
from books.models.book import BookQuerySet, Versions
from books.web import serializers
from books.web.negotiation import as_json

MAX_SIMILAR = 3  # possible duplicates in a response


class PossibleDuplicate(Exception):
    """Nothing was added, since there are similar `books`, given as list entries."""

    def __init__(self, books: list[dict[str, Any]]) -> None:
        super().__init__(books)
        self.books = books


# Fields that are newer than idempotency keys. If empty, they are not part of the request, so that a request repeated
# after an upgrade is recognised.
ADDED_LATER = {"series_label", "more_series", "contributors"}


def add_once(
    values: Record, key: str, actor: Actor, *, if_distinct: bool = False, shares_isbn: bool = False
) -> dict[str, Any]:
    """Add a book and return its data. For a repeated Idempotency-Key, return the data of the first request.

    Raises DuplicateISBN, KeyReused and, if `if_distinct`, PossibleDuplicate.
    """

    @transaction.atomic
    def add() -> str:
        book = serialized(Book.objects.add(values, actor, shares_isbn=shares_isbn))
        if if_distinct and (found := similar(book)):
            raise PossibleDuplicate(found)
        return as_json(book).decode()

    if key:  # each account has its own keys
        key = f"{actor.user_id}:{key}"
        request = {name: value for name, value in values.items() if value or name not in ADDED_LATER}
        answer = IdempotentResponse.objects.get_or_run(key, as_json(request).decode(), add)
    else:
        answer = add()
    data: dict[str, Any] = json.loads(answer)
    return data


def add_and_compare(values: Record, key: str, actor: Actor, *, shares_isbn: bool) -> tuple[dict[str, Any], str]:
    """Add a book once. Also returns the books it may duplicate, as the value of a Link header (RFC 8288)."""
    book = add_once(values, key, actor, shares_isbn=shares_isbn)
    return book, ", ".join(f'<{other["url"]}>; rel="related"' for other in similar(book))


def similar(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first possible duplicates of a serialized book, as list entries."""
    found = Book.objects.filter(fingerprint=fingerprint.of(book["title"], book["authors"])).exclude(pk=book["id"])
    columns = {*BookQuerySet.LIST_COLUMNS, *TITLE, "source_key"}
    rows = found.order_by("pk").values(*columns)[:MAX_COMPARED]
    like = [row for row in rows if not are_distinguishable(row, book)][:MAX_SIMILAR]
    return serializers.list_entries([row[name] for name in BookQuerySet.LIST_COLUMNS] for row in like)


def change(pk: int, values: Record, versions: Versions, actor: Actor, *, shares_isbn: bool) -> dict[str, Any]:
    return serialized(Book.objects.change(pk, values, versions, actor, shares_isbn=shares_isbn))


def serialized(book: Book) -> dict[str, Any]:
    topics = list(book.topics.values_list("slug", flat=True))
    return serializers.book(vars(book), topics, BookSeries.objects.of_book(book.pk) if book.series else ())
