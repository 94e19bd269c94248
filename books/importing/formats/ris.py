"""RIS, as Zotero, EndNote and Mendeley write it. containers/citations.py reads the records."""

import re
from typing import Any

from books.importing.formats.base import Container, lazy_records
from books.importing.formats.columns import Cells, column_format, people_by_role
from books.importing.formats.values import count, first, natural_order, split_inverted, split_title, text, texts, year

BOOKS = set("BOOK EBOOK EDBOOK THES RPRT PAMP MUSIC MAP SER CONF GEN CLSWK ANCIENT".split())
OF_BOOKS = ("issn", "start_page", "secondary_title", "tertiary_title")


def _drop_journal(cells: Cells) -> Cells:
    """The journal of an article is not a series, and its pages are not a number of pages."""
    return cells if text(cells.get("type_of_reference")) in BOOKS else {**cells, **dict.fromkeys(OF_BOOKS)}


def _names(cell: Any) -> list[str]:
    return [natural_order(name) for each in texts(cell) for name in split_inverted(each)]


def _year(*cells: Any) -> str:
    return year(first(*cells).strip("/ ").partition("/")[0])


def _number(volume: Any, other: Any) -> str:
    """The volume, or M1 if that starts with a digit, as it may hold anything."""
    return first(volume) or (found if (found := first(other))[:1].isdigit() else "")


def _keywords(cell: Any) -> list[str]:
    return [word for each in texts(cell) for word in re.split(r"[;\n]", each)]


def begins(beginning: bytes) -> bool:
    return bool(re.match(rb"(?:(?!TY)[^\n]{0,200}\n){0,5}?TY {1,4}- ?[A-Z]", beginning))


FORMAT = column_format(
    "ris",
    "RIS",
    {
        "title": ("title|primary_title|BT|short_title", split_title),
        "authors": (  # not TA, which is the author in translation: translators are A4
            "authors|first_authors|secondary_authors|tertiary_authors|ED|subsidiary_authors",
            people_by_role("", "", "editor", "editor", "editor", "translator", names=_names),
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
    prepare=_drop_journal,
    container=Container("RIS", begins, lazy_records("books.importing.containers.citations.ris_records"), is_text=True),
)
