"""The CSV that Goodreads exports and imports, and that many other sites import."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from books.exporting.base import ExportFormat, Row, record
from books.exporting.citation import family_first, full_title
from books.exporting.formulas import defuse
from books.metadata import isbn
from books.metadata.record import topic_slug
from books.metadata.series import places

COLUMNS = (
    *("Book Id", "Title", "Author", "Author l-f", "Additional Authors", "ISBN", "ISBN13", "My Rating"),
    *("Average Rating", "Publisher", "Binding", "Number of Pages", "Year Published", "Original Publication Year"),
    *("Date Read", "Date Added", "Bookshelves", "Bookshelves with positions", "Exclusive Shelf", "My Review"),
    *("Spoiler", "Private Notes", "Read Count", "Owned Copies"),
)
KEY = "goodreads:"


class Goodreads(ExportFormat):
    label, extension, content_type = "Goodreads CSV", "goodreads.csv", "text/csv; charset=utf-8"
    header = ",".join(COLUMNS).encode() + b"\n"
    extra = ("created_at",)

    def encode(self, rows: Iterable[Row]) -> bytes:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
        writer.writerows(dict(cells(record(row, self.extra))) for row in rows)
        return buffer.getvalue().encode()


def cells(book: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The columns a catalogue can fill; ratings, reviews and reading shelves are personal."""
    key, authors = book["source_key"] or "", book["authors"]
    named = [f"{place.series}, #{place.written}" if place.written else place.series for place in places(book)]
    series = f" ({'; '.join(named)})" if named else ""
    yield "Book Id", defuse(key.removeprefix(KEY)) if key.startswith(KEY) else ""
    yield "Title", defuse(f"{full_title(book)}{series}")
    if authors:
        yield "Author", defuse(authors[0])
        yield "Author l-f", defuse(family_first(authors[0], book["language"]))
        yield "Additional Authors", defuse(", ".join(authors[1:]))
    yield "ISBN", f'="{isbn.isbn10(book["isbn13"] or "")}"'
    yield "ISBN13", f'="{book["isbn13"] or ""}"'
    yield "Publisher", defuse(book["publisher"])
    yield "Number of Pages", book["pages"]
    yield "Original Publication Year", book["published_year"]
    yield "Date Added", f"{book['created_at']:%Y/%m/%d}"
    yield "Bookshelves", ", ".join(map(topic_slug, book["topics"]))
