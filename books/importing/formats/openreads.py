"""Openreads, “Settings › Backup › Export CSV”: https://github.com/mateusz-bak/openreads"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import count, parts, text, topics
from books.importing.results import RowError

USES = {
    "title": "title",
    "subtitle": "subtitle",
    "author": "authors",
    "description": "description",
    "pages": "pages",
    "publication_year": "published_year",
    "isbn": "isbn13",
    "tags": "topics",
}
BETWEEN_TAGS = "|||||"


def read(cells: Mapping[str, Any]) -> RawFields:
    if text(cells.get("deleted")).lower() == "true":
        raise RowError("deleted", "true", "This book was deleted in Openreads.")
    tags, too_many = topics(*parts(cells.get("tags"), BETWEEN_TAGS))
    return {
        "title": text(cells["title"]),
        "subtitle": text(cells.get("subtitle")),
        "authors": parts(cells["author"]),
        "description": text(cells.get("description")),
        "pages": count(cells.get("pages")),
        "published_year": text(cells["publication_year"]),
        "isbn13": text(cells.get("isbn")),
        "topics": tags,
    }, too_many


COLUMNS = frozenset({"title", "author", "publication_year", "book_format", "olid"})
FORMAT = Format("openreads", read, COLUMNS, uses=USES, title="Openreads")
