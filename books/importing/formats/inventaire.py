"""Inventaire, “Settings › Data › Export”: https://inventaire.io"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import count, first_isbn, parts, people, text, topics

USES = {
    "Edition URL": "source_key",
    "Edition title": "title",
    "Edition subtitle": "subtitle",
    "Works labels": "title",
    "Authors labels": "authors",
    "Translators labels": "authors",
    "Edition ISBN-13": "isbn13",
    "Edition ISBN-10": "isbn13",
    "Publisher label": "publisher",
    "Edition publication date": "published_year",
    "Edition language": "language",
    "Edition number of pages": "pages",
    "Series labels": "series",
    "Works Series ordinals": "series_number",
    "Genres labels": "topics",
    "Subjects labels": "topics",
    "Shelves": "topics",
}


def read(cells: Mapping[str, Any]) -> RawFields:
    authors = [(name, "") for name in parts(cells["Authors labels"])]
    translators = [(name, "translator") for name in parts(cells.get("Translators labels"))]
    names, left_out = people(authors + translators)
    labels = [part for column, field in USES.items() if field == "topics" for part in parts(cells.get(column))]
    subjects, too_many = topics(*labels)
    return {
        "source_key": text(cells.get("Edition URL")),
        "title": text(cells["Edition title"]) or text(cells.get("Works labels")),
        "subtitle": text(cells.get("Edition subtitle")),
        "authors": names,
        "isbn13": first_isbn(cells.get("Edition ISBN-13"), cells.get("Edition ISBN-10")),
        "publisher": text(cells.get("Publisher label")),
        "published_year": text(cells.get("Edition publication date")),
        "language": text(cells.get("Edition language")),
        "pages": count(cells.get("Edition number of pages")),
        "series": text(cells.get("Series labels")),
        "series_number": text(cells.get("Works Series ordinals")),
        "topics": subjects,
    }, left_out + too_many


COLUMNS = frozenset({"Edition title", "Authors labels"})
FORMAT = Format("inventaire", read, COLUMNS, uses=USES, title="Inventaire")
