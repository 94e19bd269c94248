"""Libib, “Settings › Export library”: https://www.libib.com"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import count, first_isbn, parts, people, text, topics, with_role
from books.importing.results import RowError

USES = {
    "title": "title",
    "creators": "authors",
    "ean_isbn13": "isbn13",
    "upc_isbn10": "isbn13",
    "description": "description",
    "publisher": "publisher",
    "publish_date": "published_year",
    "tags": "topics",
    "length": "pages",
}


def read(cells: Mapping[str, Any]) -> RawFields:
    kind = text(cells.get("item_type")) or "book"
    if kind != "book":
        raise RowError("item_type", kind, "This is no book.")
    authors, left_out = people(map(with_role, parts(cells["creators"])))
    tags, too_many = topics(*parts(cells.get("tags")))
    return {
        "title": text(cells["title"]),
        "authors": authors,
        "isbn13": first_isbn(cells["ean_isbn13"], cells.get("upc_isbn10")),
        "description": text(cells.get("description")),
        "publisher": text(cells.get("publisher")),
        "published_year": text(cells.get("publish_date")),
        "pages": count(cells.get("length")),
        "topics": tags,
    }, left_out + too_many


FORMAT = Format("libib", read, frozenset({"title", "creators", "ean_isbn13"}), uses=USES, title="Libib")
