"""Book Catalogue for Android, “Administration › Export books”: https://github.com/eleybourn/Book-Catalogue/wiki"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import count, in_all_series, natural, parts, text, topics

USES = {
    "title": "title",
    "author_details": "authors",
    "isbn": "isbn13",
    "publisher": "publisher",
    "date_published": "published_year",
    "language": "language",
    "pages": "pages",
    "description": "description",
    "genre": "topics",
    "bookshelf": "topics",
    "series_details": "series",
}
OWN_SHELF = "Default"


def read(cells: Mapping[str, Any]) -> RawFields:
    series = parts(cells.get("series_details"), "|")
    shelves = [shelf for shelf in parts(cells.get("bookshelf")) if shelf != OWN_SHELF]
    names, too_many = topics(text(cells.get("genre")), *shelves)
    return {
        "title": text(cells["title"]),
        "authors": [natural(name) for name in parts(cells["author_details"], "|")],
        "isbn13": text(cells.get("isbn")),
        "publisher": text(cells.get("publisher")),
        "published_year": text(cells.get("date_published")),
        "language": text(cells.get("language")),
        "pages": count(cells.get("pages")),
        "description": text(cells.get("description")),
        "topics": names,
        **in_all_series(series),
    }, too_many


COLUMNS = frozenset({"title", "author_details", "series_details"})
FORMAT = Format("bookcatalogue", read, COLUMNS, uses=USES, title="Book Catalogue")
