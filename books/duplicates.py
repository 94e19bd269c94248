"""Books that may be one: those with one fingerprint."""

from collections.abc import Mapping
from typing import Any

from books import fingerprint
from books.models import Book
from books.record import source_of


def told_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two books say themselves that they are two: by two ISBNs, or by two keys of one source."""
    if one["isbn13"] and other["isbn13"]:
        return bool(one["isbn13"] != other["isbn13"])
    keys = one["source_key"], other["source_key"]
    return all(keys) and keys[0] != keys[1] and source_of(keys[0]) == source_of(keys[1])


def like(values: Mapping[str, Any], pk: int, most: int = 3) -> list[dict[str, Any]]:
    """The books that one with these values, stored under this id, may be; rows of LIST_COLUMNS."""
    found = Book.objects.filter(fingerprint=fingerprint.of(values["title"], values["authors"])).exclude(pk=pk)
    rows = found.order_by("pk").values(*Book.objects.all().LIST_COLUMNS, "source_key")[:100]
    return [row for row in rows if not told_apart(row, values)][:most]
