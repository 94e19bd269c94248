"""Calibre's catalogue as CSV, “Convert books › Create a catalog”: https://calibre-ebook.com"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import first_isbn, parts, text, topics

USES = {
    "uuid": "source_key",
    "title": "title",
    "authors": "authors",
    "author_sort": "authors",
    "isbn": "isbn13",
    "identifiers": "isbn13",
    "publisher": "publisher",
    "pubdate": "published_year",
    "languages": "language",
    "comments": "description",
    "tags": "topics",
    "series": "series",
    "series_index": "series_number",
}


def read(cells: Mapping[str, Any]) -> RawFields:
    identifiers = [each.partition(":") for each in parts(cells.get("identifiers"))]
    tags, too_many = topics(*parts(cells.get("tags")))
    authors, filed = ([each.strip() for each in text(cells[name]).split("&")] for name in ("authors", "author_sort"))
    series, key = text(cells.get("series")), text(cells.get("uuid"))
    return {
        "source_key": f"calibre:{key}" if key else "",
        "title": text(cells["title"]),
        "authors": authors,
        "sort_names": dict(zip(authors, filed, strict=True)) if len(authors) == len(filed) else {},
        "isbn13": first_isbn(cells.get("isbn"), *(value for kind, _, value in identifiers if kind.startswith("isbn"))),
        "publisher": text(cells.get("publisher")),
        "published_year": text(cells.get("pubdate")),
        "language": text(cells.get("languages")),
        "description": text(cells.get("comments")),
        "topics": tags,
        "series": series,
        "series_number": text(cells.get("series_index")) if series else "",
    }, too_many


FORMAT = Format("calibre", read, frozenset({"title", "authors", "author_sort"}), uses=USES, title="Calibre, CSV")
