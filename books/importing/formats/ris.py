"""RIS, as Zotero, EndNote and Mendeley write it. containers/citations.py reads the records."""

import re
from typing import Any

from books.importing.formats.base import Container, records_by
from books.importing.formats.columns import Cells, in_roles, of_columns
from books.importing.formats.values import count, first, natural, text, texts, with_short, year

BOOKS = set("BOOK EBOOK EDBOOK THES RPRT PAMP MUSIC MAP SER CONF GEN CLSWK ANCIENT".split())
OF_BOOKS = ("issn", "start_page", "secondary_title", "tertiary_title")


def _of_its_type(cells: Cells) -> Cells:
    """Of an article the journal is no series, and pages are places in it."""
    return cells if text(cells.get("type_of_reference")) in BOOKS else {**cells, **dict.fromkeys(OF_BOOKS)}


def _names(cell: Any) -> list[str]:
    return list(map(natural, texts(cell)))


def _year(*cells: Any) -> str:
    return year(first(*cells).strip("/ ").partition("/")[0])


def _number(volume: Any, other: Any) -> str:
    """M1 may be anything."""
    return first(volume) or (found if (found := first(other))[:1].isdigit() else "")


def _keywords(cell: Any) -> list[str]:
    return [word for each in texts(cell) for word in re.split(r"[;\n]", each)]


def begins(beginning: bytes) -> bool:
    return bool(re.match(rb"(?:(?!TY)[^\n]{0,200}\n){0,5}?TY {1,4}- ?[A-Z]", beginning))


FORMAT = of_columns(
    "ris",
    "RIS",
    {
        "title": ("title|primary_title|BT|short_title", with_short),
        "authors": (  # not TA, which is the author in translation: translators are A4
            "authors|first_authors|secondary_authors|tertiary_authors|ED|subsidiary_authors",
            in_roles("", "", "editor", "editor", "editor", "translator", names=_names),
        ),
        "isbn13": "issn",
        "publisher": "publisher",
        "published_year": ("year|publication_year|date", _year),
        "language": "language",
        "pages": ("start_page", lambda cell: count(first(cell).removesuffix("p.").strip())),
        "description": "abstract|notes_abstract",
        "topics": ("keywords", _keywords),
        "series": "secondary_title|tertiary_title",
        "series_number": ("volume|note", _number),
    },
    prepared=_of_its_type,
    container=Container("RIS", begins, records_by("books.importing.containers.citations.ris_records"), is_text=True),
)
