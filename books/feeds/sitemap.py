"""The sitemap for robots, an index of files with the pages of all books, authors, series and topics.

See https://www.sitemaps.org/protocol.html. A file has a range of ids: whatever is added or deleted, a row stays in its
file, and no rows are counted. Files are written in batches, each after the last id, so large ones take little memory.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from books.models import Author, Book, Series, Topic
from books.web.serializers import book_url

IDS_IN_A_FILE = 50_000  # URLs of a file, the protocol's limit
BATCH = 1000  # rows
NAME = "http://www.sitemaps.org/schemas/sitemap/0.9"
HEAD = f'<?xml version="1.0" encoding="utf-8"?>\n<%s xmlns="{NAME}">\n'

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pages:
    """The pages of one kind, one per row."""

    view: str  # of a file with their URLs
    rows: QuerySet[Any, Row]
    path: Callable[[Row], str]

    def numbers(self) -> list[int]:
        """The numbers of the files that are not empty, from 1. Each takes a query, since ids may have wide gaps."""
        numbers: list[int] = []
        while row := self._first(numbers[-1] if numbers else 0):
            numbers.append((row["pk"] - 1) // IDS_IN_A_FILE + 1)
        return numbers

    def has(self, number: int) -> bool:
        row = self._first(number - 1)
        return row is not None and row["pk"] <= number * IDS_IN_A_FILE

    def file(self, number: int, origin: str) -> Iterator[bytes]:
        yield (HEAD % "urlset").encode()
        last, end = (number - 1) * IDS_IN_A_FILE, number * IDS_IN_A_FILE
        while batch := list(self.rows.filter(pk__gt=last, pk__lte=end).order_by("pk")[:BATCH]):
            last = batch[-1]["pk"]
            yield self._lines(batch, origin)
        yield b"</urlset>\n"

    def _first(self, after: int) -> Row | None:
        """The first row after this file."""
        return self.rows.filter(pk__gt=after * IDS_IN_A_FILE).order_by("pk").first()

    def _lines(self, batch: list[Row], origin: str) -> bytes:
        return "".join(f"<url><loc>{origin}{self.path(row)}</loc>{_lastmod(row)}</url>\n" for row in batch).encode()


def _lastmod(row: Row) -> str:
    return f"<lastmod>{row['updated_at'].isoformat(timespec='seconds')}</lastmod>" if "updated_at" in row else ""


PAGES = {
    "books": Pages("sitemap_books", Book.objects.values("pk", "updated_at"), lambda row: book_url(row["pk"])),
    "authors": Pages(
        "sitemap_authors", Author.objects.values("pk"), lambda row: reverse("author_detail", args=[row["pk"]])
    ),
    "series": Pages(
        "sitemap_series", Series.objects.values("pk"), lambda row: reverse("series_detail", args=[row["pk"]])
    ),
    "topics": Pages(
        "sitemap_topics", Topic.objects.values("pk", "slug"), lambda row: reverse("topic_detail", args=[row["slug"]])
    ),
}


def index(origin: str) -> bytes | None:
    """The index of all files; None for an empty catalogue. Call it in a thread."""
    paths = [reverse(pages.view, args=[number]) for pages in PAGES.values() for number in pages.numbers()]
    lines = "".join(f"<sitemap><loc>{origin}{path}</loc></sitemap>\n" for path in paths)
    return f"{HEAD % 'sitemapindex'}{lines}</sitemapindex>\n".encode() if paths else None
