"""The CSV that Goodreads exports and imports, and that many other sites import."""

from collections.abc import Iterable
from typing import Any

from books.exporting.base import ExportFormat, Part, Row, encode_parts, frequent
from books.exporting.citation import family_first, full_title, series_of
from books.exporting.csv import table
from books.exporting.formulas import defuse
from books.metadata import isbn
from books.metadata.record import topic_slug
from books.models.book_columns import split

KEY = "goodreads:"


def book_id(source_key: str | None) -> str:
    return defuse(source_key.removeprefix(KEY)) if source_key and source_key.startswith(KEY) else ""


def title(title: str, subtitle: str, *series: Any) -> str:
    return defuse(f"{full_title(title, subtitle)}{in_series(*series)}")


@frequent
def in_series(*series: Any) -> str:
    named = (f"{place.series}, #{place.written}" if place.written else place.series for place in series_of(*series))
    return f" ({text})" if (text := "; ".join(named)) else ""


def author(names: str) -> str:
    return defuse(names.partition("\n")[0])


def filed(names: str, language: str) -> str:
    return defuse(family_first(names.partition("\n")[0], language)) if names else ""


# The columns a catalogue can fill; ratings, reviews and reading shelves are personal.
COLUMNS: dict[str, Part | None] = {
    "Book Id": ("source_key", book_id),
    "Title": ("title subtitle series series_number series_label more_series", title),
    "Author": ("authors", author),
    "Author l-f": ("authors language", filed),
    "Additional Authors": ("authors", lambda names: defuse(", ".join(split(names)[1:]))),
    "ISBN": ("isbn13", lambda isbn13: f'="{isbn.isbn10(isbn13 or "")}"'),
    "ISBN13": ("isbn13", lambda isbn13: f'="{isbn13 or ""}"'),
    **dict.fromkeys(("My Rating", "Average Rating")),
    "Publisher": ("publisher", frequent(defuse)),
    "Binding": None,
    "Number of Pages": ("pages", frequent(lambda pages: pages)),
    "Year Published": None,
    "Original Publication Year": ("published_year", frequent(lambda year: year)),
    "Date Read": None,
    "Date Added": ("created_on", frequent(lambda day: day.replace("-", "/"))),
    "Bookshelves": ("topics", frequent(lambda names: ", ".join(map(topic_slug, split(names))))),
    **dict.fromkeys(("Bookshelves with positions", "Exclusive Shelf", "My Review", "Spoiler", "Private Notes")),
    **dict.fromkeys(("Read Count", "Owned Copies")),
}
NOTHING: Part = "language", frequent(lambda _: "")


class Goodreads(ExportFormat):
    label, extension, content_type = "Goodreads CSV", "goodreads.csv", "text/csv; charset=utf-8"
    header = ",".join(COLUMNS).encode() + b"\n"

    def encode(self, rows: Iterable[Row]) -> bytes:
        return table(encode_parts(rows, (part or NOTHING for part in COLUMNS.values())))
