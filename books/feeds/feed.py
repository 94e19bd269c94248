"""Feeds as plain data, which opds and opds2 write in their formats."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.templatetags.static import static

from books.metadata import record
from books.metadata.series import places
from books.models import Book, Change
from books.models.book_columns import RECORD_COLUMNS, as_record, split
from books.web.serializers import book_url

COLUMNS = ("id", "created_at", "updated_at", *RECORD_COLUMNS)
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
NEW, BORROW = "http://opds-spec.org/sort/new", "http://opds-spec.org/acquisition/borrow"
# One picture for all books: OPDS 2.0 requires a bitmap.
COVER, COVER_KIND = "books/cover.png", "image/png"


@dataclass(frozen=True)
class NavigationLink:
    """A link to another feed. Its `path` is relative to the root of the feeds."""

    title: str
    path: str
    summary: str = ""
    rel: str = "subsection"
    books: int | None = None  # in that feed
    is_current: bool = False


@dataclass(frozen=True)
class Feed:
    """A page of links or books."""

    title: str
    path: str  # of this feed, relative to the root of the feeds
    page: str  # the URL of the same list for people
    updated: datetime
    relations: Mapping[str, str | None]  # paths: up, first, next, previous
    navigation: Sequence[NavigationLink] | None = None
    books: Sequence[Mapping[str, Any]] | None = None
    orders: Sequence[NavigationLink] = ()  # the same books in other orders
    count: int | None = None  # of entries on all pages, if known
    size: int | None = None  # of a page, in entries
    catalogue: str = ""  # its name


def with_query(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


async def abooks(pks: Iterable[int]) -> list[dict[str, Any]]:
    """The data of these books for feeds, in this order, without deleted ones."""
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
        "year": f"{year:04}" if year and year > 0 else "",  # feeds have no dates BCE
        "places": places(as_record(row)),
    }
