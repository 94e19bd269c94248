"""RIS, as Zotero, EndNote and Mendeley write it. containers/citations.py reads the records."""

import re
from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Container, Format, RawFields, records_by
from books.importing.formats.citations import finished, first, isbns, series, titled
from books.importing.formats.values import count, first_isbn, natural, text, values

USES = {
    "title": "title",
    "primary_title": "title",
    "BT": "title",
    "authors": "authors",
    "first_authors": "authors",
    "secondary_authors": "authors",
    "tertiary_authors": "authors",
    "subsidiary_authors": "authors",
    "ED": "authors",
    "issn": "isbn13",
    "publisher": "publisher",
    "year": "published_year",
    "date": "published_year",
    "publication_year": "published_year",
    "language": "language",
    "start_page": "pages",
    "abstract": "description",
    "notes_abstract": "description",
    "keywords": "topics",
    "secondary_title": "series",
    "tertiary_title": "series",
    "volume": "series_number",
    "note": "series_number",
    "short_title": "title",
}
BOOKS = set("BOOK EBOOK EDBOOK THES RPRT PAMP MUSIC MAP SER CONF GEN CLSWK ANCIENT".split())


def read(cells: Mapping[str, Any]) -> RawFields:
    is_book = text(cells.get("type_of_reference")) in BOOKS
    written = {
        "": _names(cells, "authors", "first_authors"),
        "editor": _names(cells, "secondary_authors", "tertiary_authors", "ED"),
        "translator": _names(cells, "subsidiary_authors"),
    }
    other = first(cells, "note")  # M1, which may be anything
    number = first(cells, "volume") or (other if other[:1].isdigit() else "")
    keywords = [word for each in values(cells.get("keywords")) for word in re.split(r"[;\n]", text(each))]
    fields = {
        **titled(first(cells, "title", "primary_title", "BT"), first(cells, "short_title")),
        "isbn13": first_isbn(*isbns(cells.get("issn"))) if is_book else "",
        "publisher": first(cells, "publisher"),
        "published_year": first(cells, "year", "publication_year", "date").strip("/ ").partition("/")[0],
        "language": first(cells, "language"),
        "pages": count(first(cells, "start_page").removesuffix("p.").strip()) if is_book else "",
        "description": first(cells, "abstract", "notes_abstract"),
        **series(
            first(cells, "secondary_title", "tertiary_title"),
            number,
            is_book=is_book,
        ),
    }
    return finished(fields, written, keywords)


def _names(cells: Mapping[str, Any], *columns: str) -> list[str]:
    return [natural(text(name)) for column in columns for name in values(cells.get(column))]


def begins(beginning: bytes) -> bool:
    return bool(re.match(rb"(?:(?!TY)[^\n]{0,200}\n){0,5}?TY {1,4}- ?[A-Z]", beginning))


FORMAT = Format(
    "ris",
    read,
    uses=USES,
    title="RIS",
    container=Container("RIS", begins, records_by("books.importing.containers.citations.ris_records"), is_text=True),
)
