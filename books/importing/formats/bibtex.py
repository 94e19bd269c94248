"""BibTeX and BibLaTeX. containers/citations.py reads the entries and their LaTeX."""

import re
from typing import Any

from books.importing.formats.base import Container, lazy_records
from books.importing.formats.columns import Cells, column_format, people_by_role, reject_damaged
from books.importing.formats.values import first, split_title, text, texts

_BOOKS = """
book mvbook inbook booklet collection mvcollection proceedings manual thesis phdthesis mastersthesis techreport report
misc online unpublished reference
"""
BOOKS = set(_BOOKS.split())
_BABEL = """
australian en-AU canadian en-CA newzealand en-NZ austrian de-AT swissgerman de-CH mexican es-MX brazil pt-BR brazilian
pt-BR portuges pt frenchb fr canadien fr-CA polutonikogreek el ancientgreek grc samin se bahasa id bahasai id bahasam ms
lowersorbian dsb uppersorbian hsb serbianc sr classicallatin la scottish gd rumanian ro
""".split()
LANGUAGES = dict(zip(_BABEL[::2], _BABEL[1::2], strict=True))  # babel's names that are those of no language
_ENTRY = re.compile(rb"^[^\S\n]*@\s*[A-Za-z]+\s*[{(]\s*+[^\s,{}]*+\s*[,=]", re.MULTILINE)


def _drop_journal(cells: Cells) -> Cells:
    """The journal of an article is not a series."""
    reject_damaged(cells)
    return cells if text(cells.get("entry type")).lower() in BOOKS else {**cells, "series": ""}


def _read_language(*cells: Any) -> str:
    name = first(*cells)
    return LANGUAGES.get(name.lower(), name)


def begins(beginning: bytes) -> bool:
    return bool(_ENTRY.search(beginning))


FORMAT = column_format(
    "bibtex",
    "BibTeX",
    {
        "subtitle": "subtitle",
        "title": ("title|booktitle|shorttitle", split_title),
        "authors": ("author|editor|translator", people_by_role("", "editor", "translator")),
        "isbn13": "isbn",
        "publisher": "publisher|school|institution|organization",
        "published_year": "origdate|year|date",
        "language": ("language|langid|languages", _read_language),
        "pages": "pagetotal|numpages",
        "description": "abstract",
        "topics": ("keywords|tags|mendeley-tags", texts),
        "series": "series",
        "series_number": "number|volume",
    },
    prepare=_drop_journal,
    container=Container(
        "BibTeX", begins, lazy_records("books.importing.containers.citations.bibtex_records"), is_text=True
    ),
)
