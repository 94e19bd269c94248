"""Goodreads, “My Books › Import and export”: https://www.goodreads.com/review/import"""

from collections.abc import Mapping
from typing import Any

from books.exporting.formulas import restored
from books.importing.formats.base import Format, RawFields
from books.importing.formats.goodbooks import titled
from books.importing.formats.values import count, first_isbn, parts, people, text, topics, with_role

USES = {
    "Book Id": "source_key",
    "Title": "title",
    "Author": "authors",
    "Additional Authors": "authors",
    "ISBN13": "isbn13",
    "ISBN": "isbn13",
    "Publisher": "publisher",
    "Original Publication Year": "published_year",
    "Year Published": "published_year",
    "Number of Pages": "pages",
    "Bookshelves": "topics",
}


def read(cells: Mapping[str, Any]) -> RawFields:
    """Among the additional authors are translators too: the export does not say which."""
    written = [text(cells["Author"]), *parts(cells.get("Additional Authors"))]
    authors, left_out = people(map(with_role, written))
    shelves, too_many = topics(*parts(cells.get("Bookshelves")))
    key = text(cells.get("Book Id"))
    return {
        "source_key": f"goodreads:{key}" if key else "",
        **titled(" ".join(restored(text(cells["Title"])).split())),
        "authors": authors,
        "isbn13": first_isbn(cells.get("ISBN13"), cells.get("ISBN")),
        "publisher": text(cells.get("Publisher")),
        "published_year": text(cells.get("Original Publication Year")) or text(cells.get("Year Published")),
        "pages": count(cells.get("Number of Pages")),
        "topics": shelves,
    }, left_out + too_many


FORMAT = Format("goodreads", read, frozenset({"Title", "Author", "Author l-f"}), uses=USES, title="Goodreads")
