"""Writing as views do it: one sync function, one transaction; what the catalogue refuses is said to the client."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from books.history.duplicates import similar
from books.metadata.record import Record
from books.models import Actor, Book, DuplicateISBN, IdempotentResponse, KeyReused, MergedAway, StaleVersion
from books.web import serializers
from books.web.negotiation import HTTPError, as_json

NO_BOOK = "There is no book with this id. All books are at /books/."
MERGED = "This book is one with /books/{}/ now: go on there."
STALE = "The book was changed since you read it. Read it again, then send your change with its new ETag."


class MayBeHere(Exception):
    """Nothing was added, since there are books like it; they are the argument, as entries of a list."""

    def __init__(self, books: list[dict[str, Any]]) -> None:
        super().__init__(books)
        self.books = books


def add_once(values: Record, key: str, by: Actor, *, if_unlike_others: bool = False) -> dict[str, Any]:
    """Add a book and give its data; with an Idempotency-Key, give what the first request with that key got.

    Raises DuplicateISBN, KeyReused, and `if_unlike_others` MayBeHere.
    """

    @transaction.atomic
    def add() -> str:
        book = book_data(Book.objects.add(values, by))
        if if_unlike_others and (found := similar(book)):
            raise MayBeHere(found)
        return as_json(book).decode()

    key = f"{by.user_id}:{key}" if key else ""  # one's keys are nobody else's
    answer = IdempotentResponse.objects.get_or_run(key, as_json(values).decode(), add) if key else add()
    data: dict[str, Any] = json.loads(answer)
    return data


def add_and_compare(values: Record, key: str, by: Actor) -> tuple[dict[str, Any], str]:
    """A book added once, and which books it may be, as the value of a Link header (RFC 8288)."""
    book = add_once(values, key, by)
    return book, ", ".join(f'<{other["url"]}>; rel="related"' for other in similar(book))


def change(pk: int, values: Record, version: int | None, by: Actor) -> dict[str, Any]:
    return book_data(Book.objects.change(pk, values, version, by))


def book_data(book: Book) -> dict[str, Any]:
    return serializers.book(book, list(book.topics.values_list("slug", flat=True)))


def taken(error: DuplicateISBN) -> str:
    return f"Another book has this ISBN: /books/{error.book_id}/."


@contextmanager
def refusals() -> Iterator[None]:
    """What a write raises, as the refusal that tells a client what to do next."""
    try:
        yield
    except MergedAway as error:
        raise HTTPError(404, MERGED.format(error.into)) from None
    except Book.DoesNotExist:
        raise HTTPError(404, NO_BOOK) from None
    except StaleVersion:
        raise HTTPError(412, STALE) from None
    except DuplicateISBN as error:
        raise HTTPError(409, errors={"isbn13": [taken(error)]}) from None
    except KeyReused:
        raise HTTPError(409, "This Idempotency-Key came with another request before: choose a new one.") from None
