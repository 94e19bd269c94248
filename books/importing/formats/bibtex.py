"""BibTeX and BibLaTeX. containers/citations.py reads the entries and their LaTeX."""

import re
from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Container, Format, RawFields, records_by
from books.importing.formats.citations import finished, first, isbns, series, titled
from books.importing.formats.values import DAMAGE, count, first_isbn, text, values
from books.importing.results import RowError

USES = {
    "title": "title",
    "subtitle": "subtitle",
    "shorttitle": "title",
    "booktitle": "title",
    "author": "authors",
    "editor": "authors",
    "translator": "authors",
    "isbn": "isbn13",
    "publisher": "publisher",
    "school": "publisher",
    "institution": "publisher",
    "organization": "publisher",
    "year": "published_year",
    "date": "published_year",
    "origdate": "published_year",
    "language": "language",
    "langid": "language",
    "pagetotal": "pages",
    "numpages": "pages",
    "abstract": "description",
    "keywords": "topics",
    "series": "series",
    "number": "series_number",
    "volume": "series_number",
}
_BOOKS = """
book mvbook inbook booklet collection mvcollection proceedings manual thesis phdthesis mastersthesis techreport report
misc online unpublished reference
"""
BOOKS = set(_BOOKS.split())
_ENTRY = re.compile(rb"^[^\S\n]*@\s*[A-Za-z]+\s*[{(]\s*+[^\s,{}]*+\s*[,=]", re.MULTILINE)


def read(cells: Mapping[str, Any]) -> RawFields:
    if damage := cells.get(DAMAGE):
        raise RowError("", "", damage)
    is_book = text(cells.get("entry type")).lower() in BOOKS
    written = {
        "": [text(name) for name in values(cells.get("author"))],
        "editor": [text(name) for name in values(cells.get("editor"))],
        "translator": [text(name) for name in values(cells.get("translator"))],
    }
    fields = {
        "subtitle": first(cells, "subtitle"),
        **titled(first(cells, "title", "booktitle"), first(cells, "shorttitle")),
        "isbn13": first_isbn(*isbns(cells.get("isbn"))),
        "publisher": first(cells, "publisher", "school", "institution", "organization"),
        "published_year": first(cells, "origdate", "year", "date"),
        "language": first(cells, "language", "langid"),
        "pages": count(first(cells, "pagetotal", "numpages")),
        "description": first(cells, "abstract"),
        **series(first(cells, "series"), first(cells, "number", "volume"), is_book=is_book),
    }
    return finished(fields, written, map(text, values(cells.get("keywords"))))


def begins(beginning: bytes) -> bool:
    return bool(_ENTRY.search(beginning))


FORMAT = Format(
    "bibtex",
    read,
    uses=USES,
    title="BibTeX",
    container=Container(
        "BibTeX", begins, records_by("books.importing.containers.citations.bibtex_records"), is_text=True
    ),
)
