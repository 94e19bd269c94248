"""BibTeX and BibLaTeX. containers/citations.py reads the entries and their LaTeX."""

import re

from books.importing.formats.base import Container, records_by
from books.importing.formats.columns import Cells, in_roles, of_columns, sound
from books.importing.formats.values import text, texts, with_short

_BOOKS = """
book mvbook inbook booklet collection mvcollection proceedings manual thesis phdthesis mastersthesis techreport report
misc online unpublished reference
"""
BOOKS = set(_BOOKS.split())
_ENTRY = re.compile(rb"^[^\S\n]*@\s*[A-Za-z]+\s*[{(]\s*+[^\s,{}]*+\s*[,=]", re.MULTILINE)


def _of_its_type(cells: Cells) -> Cells:
    """Of an article the journal is no series."""
    sound(cells)
    return cells if text(cells.get("entry type")).lower() in BOOKS else {**cells, "series": ""}


def begins(beginning: bytes) -> bool:
    return bool(_ENTRY.search(beginning))


FORMAT = of_columns(
    "bibtex",
    "BibTeX",
    {
        "subtitle": "subtitle",
        "title": ("title|booktitle|shorttitle", with_short),
        "authors": ("author|editor|translator", in_roles("", "editor", "translator")),
        "isbn13": "isbn",
        "publisher": "publisher|school|institution|organization",
        "published_year": "origdate|year|date",
        "language": "language|langid",
        "pages": "pagetotal|numpages",
        "description": "abstract",
        "topics": ("keywords", texts),
        "series": "series",
        "series_number": "number|volume",
    },
    prepared=_of_its_type,
    container=Container(
        "BibTeX", begins, records_by("books.importing.containers.citations.bibtex_records"), is_text=True
    ),
)
