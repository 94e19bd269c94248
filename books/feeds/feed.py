"""Feeds as plain data, which opds and opds2 write in their own format."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from django.http import HttpResponse
from django.templatetags.static import static

from books.metadata import record
from books.metadata.series import places
from books.models import Book, Change
from books.models.book_columns import RECORD_COLUMNS, as_record, split
from books.web.serializers import book_url

COLUMNS = ("id", "created_at", "updated_at", *RECORD_COLUMNS)
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
NEW, BORROW = "http://opds-spec.org/sort/new", "http://opds-spec.org/acquisition/borrow"
# One picture for all books: OPDS 2.0 demands one, and it must be a bitmap.
COVER, COVER_KIND = "books/cover.png", "image/png"


@dataclass(frozen=True)
class NavigationLink:
    """A link to another feed, whose `path` is relative to the start of the feeds."""

    title: str
    path: str
    summary: str = ""
    rel: str = "subsection"
    books: int | None = None  # in that feed
    is_current: bool = False


@dataclass(frozen=True)
class Feed:
    """A page of links, or of books."""

    title: str
    path: str  # its own, relative to the start of the feeds
    page: str  # the URL of the same list for people
    updated: datetime
    relations: Mapping[str, str | None]  # paths: up, first, next, previous
    navigation: Sequence[NavigationLink] | None = None
    books: Sequence[Mapping[str, Any]] | None = None
    orders: Sequence[NavigationLink] = ()  # the same books in other orders
    count: int | None = None  # of all pages, if it is known
    size: int | None = None  # of a page
    catalogue: str = ""  # the name of the whole


class Style(Protocol):
    """A module that writes feeds in one version of OPDS."""

    MEDIA_TYPES: tuple[str, ...]

    def write_feed(self, feed: Feed, origin: str) -> HttpResponse: ...

    def write_book(self, book: Mapping[str, Any], origin: str) -> HttpResponse: ...


def with_query(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


async def abooks(pks: Iterable[int]) -> list[dict[str, Any]]:
    """What feeds say of these books, in this order; deleted ones are left out."""
    pks, cover = list(pks), static(COVER)
    rows = {row["id"]: {**_book(row), "cover": cover} async for row in Book.objects.filter(pk__in=pks).values(*COLUMNS)}
    return [rows[pk] for pk in pks if pk in rows]


async def achanged_at() -> datetime:
    """When the catalogue was last changed."""
    return await Change.objects.order_by("-pk").values_list("at", flat=True).afirst() or BEFORE_ALL


def _book(row: Mapping[str, Any]) -> dict[str, Any]:
    year = row["published_year"]
    return {
        **row,
        "url": book_url(row["id"]),
        "path": f"books/{row['id']}/",
        "authors": split(row["author_names"]),
        "contributors": split(row["contributors"]),
        "topics": [(record.topic_slug(name), name) for name in split(row["topic_names"])],
        "urn": f"urn:isbn:{row['isbn13']}" if row["isbn13"] else "",
        "year": f"{year:04}" if year and year > 0 else "",  # dates in feeds begin with our era
        "places": places(as_record(row)),
    }
