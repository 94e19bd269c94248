"""RIS, which reference managers read: a tag per line, with CRLF.

For a BOOK, T3 is the series and M1 the number in it, SP the number of pages, ST the title without the subtitle, A2 an
editor and A4 a translator.
"""

from collections.abc import Callable, Iterable
from itertools import repeat

from books.exporting.base import EntryFormat, frequent
from books.exporting.citation import family_first, language_tag, people, titles
from books.models.book_columns import split

ROLES = {"edt": "A2", "trl": "A4"}


def line(tag: str) -> Callable[[object], str]:
    def make(value: object) -> str:
        text = "" if value is None else str(value)
        if not text.isprintable() or "  " in text or text != text.strip():
            return f"{tag}  - {' '.join(text.split())}\r\n"
        return f"{tag}  - {text}\r\n" if text else ""

    return make


def names(found: Iterable[str], language: str, tag: str) -> str:
    return "".join(map(person, found, repeat(language), repeat(tag)))


@frequent
def person(name: str, language: str, tag: str) -> str:
    return line(tag)(family_first(name, language))


def date(year: int | None) -> str:
    """YYYY/MM/DD/other: a year is four digits, so BCE only fits into "other"."""
    return "" if year is None else f"{year:04}" if year > 0 else f"///{-year} BC"


class Ris(EntryFormat):
    label, extension, content_type = "RIS", "ris", "application/x-research-info-systems; charset=utf-8"
    end_of_entry = "ER  - \r\n\r\n"
    parts = (
        ("id", "TY  - BOOK\r\nID  - {}\r\n".format),
        *people(names, "AU", ROLES),
        titles(line("TI"), line("ST")),
        ("published_year", frequent(lambda year: line("PY")(date(year)))),
        ("publisher", frequent(line("PB"))),
        ("isbn13", line("SN")),
        ("language", frequent(lambda language: line("LA")(language_tag(language)))),
        ("pages", frequent(line("SP"))),
        ("series", frequent(line("T3"))),
        ("series_number", frequent(line("M1"))),
        ("topics", frequent(lambda names: "".join(map(line("KW"), split(names))))),
        ("description", line("AB")),
    )
