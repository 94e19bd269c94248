"""RIS, which reference managers read: a tag per line, with CRLF.

For a BOOK, T3 is the series and M1 the number in it, SP the number of pages, ST the title without the subtitle, A2 an
editor and A4 a translator.
"""

from collections.abc import Iterator
from typing import Any

from books.exporting.base import EntryFormat
from books.exporting.citation import family_first, full_title, language_tag
from books.metadata.roles import by_property


class Ris(EntryFormat):
    label, extension, content_type = "RIS", "ris", "application/x-research-info-systems; charset=utf-8"

    def entry(self, book: dict[str, Any]) -> str:
        lines = (f"{tag}  - {' '.join(str(value).split())}\r\n" for tag, value in tags(book) if value is not None)
        return f"TY  - BOOK\r\n{''.join(lines)}ER  - \r\n\r\n"


def tags(book: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "ID", book["id"]
    for name in book["authors"]:
        yield "AU", family_first(name, book["language"])
    for tag, names in by_property(book["contributors"], {"edt": "A2", "trl": "A4"}).items():
        for name in names:
            yield tag, family_first(name, book["language"])
    yield "TI", full_title(book)
    yield "ST", book["title"] if book["subtitle"] else None
    yield "PY", date(book["published_year"])
    yield "PB", book["publisher"] or None
    yield "SN", book["isbn13"]
    yield "LA", language_tag(book["language"]) or None
    yield "SP", book["pages"]
    yield "T3", book["series"] or None
    yield "M1", book["series_number"]
    for topic in book["topics"]:
        yield "KW", topic
    yield "AB", book["description"] or None


def date(year: int | None) -> str | None:
    """YYYY/MM/DD/other: a year is four digits, so BCE only fits into "other"."""
    if year is None:
        return None
    return f"{year:04}" if year > 0 else f"///{-year} BC"
