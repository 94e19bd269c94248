"""The catalogue's books over Django's ORM: for views that are sync, or that hop to a thread once."""

from typing import Any

from django.db.models import F

from benchmarks.peers.shelf import CAP, COLUMNS, SIZE, listing
from books.models import Book


def read(after: int | None) -> dict[str, Any]:
    books = Book.objects.order_by("-id").values(*COLUMNS)
    beyond = books if after is None else books.filter(id__lt=after)
    return listing(list(beyond[: SIZE + 1]), Book.objects.order_by()[: CAP + 1].count(), after)


def write(book_id: int, text: str) -> bool:
    """Whether there is such a book; then it has this description."""
    return Book.objects.filter(id=book_id).update(description=text, version=F("version") + 1) == 1
