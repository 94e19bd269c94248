"""CSL-JSON, the format of citation processors: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html"""

import re
from collections.abc import Iterable
from typing import Any

from books.importing.formats.columns import Cells, column_format, people_by_role
from books.importing.formats.values import first, natural_order, parts, split_title, text, values

_MARKUP = re.compile(r"<(i|b|sub|sup|sc|span)(?: [^<>]*)?>(.*?)</\1>", re.DOTALL)
BOOKS = {"book", "thesis", "report", "collection", "pamphlet", "manuscript", "document"}
ROLES = ("editor", "translator", "illustrator", "narrator", "composer", "compiler", "interviewer", "contributor")


def _drop_journal(cells: Cells) -> Cells:
    """The journal of an article is not a series."""
    return cells if text(cells.get("type")) in BOOKS else {**cells, "collection-title": ""}


def _read_title(*cells: Any) -> dict[str, str]:
    """Title and subtitle without markup such as <i>Xenopus</i>, which may be nested."""
    titles = [_MARKUP.sub(r"\2", _MARKUP.sub(r"\2", first(cell))) for cell in cells]
    return split_title(*titles)


def _names(cell: Any) -> Iterable[str]:
    return map(_name, values(cell))


def _name(name: Any) -> str:
    if not isinstance(name, dict):
        return text(name)
    given = " ".join(filter(None, (text(name.get(part)) for part in ("given", "dropping-particle"))))
    family = " ".join(filter(None, (text(name.get(part)) for part in ("non-dropping-particle", "family"))))
    whole = natural_order(", ".join(filter(None, (family, given, text(name.get("suffix"))))))
    return text(name.get("literal")) or whole


def _year(*dates: Any) -> str:
    return next(filter(None, map(_year_of, dates)), "")


def _year_of(date: Any) -> str:
    if not isinstance(date, dict):
        return text(date)
    parts = next(iter(values(date.get("date-parts"))), None)
    return text(next(iter(values(parts)), "")) or text(date.get("raw")) or text(date.get("literal"))


def _keywords(cell: Any) -> list[str]:
    return parts(cell, ";" if ";" in text(cell) else ",")


FORMAT = column_format(
    "csl-json",
    "CSL-JSON",
    {
        "title": ("title|title-short", _read_title),
        "authors": (f"author|{'|'.join(ROLES)}", people_by_role("", *ROLES, names=_names)),
        "isbn13": "ISBN",
        "publisher": "publisher",
        "published_year": ("original-date|issued", _year),
        "language": "language",
        "pages": "number-of-pages",
        "description": "abstract",
        "topics": ("keyword", _keywords),
        "series": "collection-title",
        "series_number": "collection-number",
    },
    header="type|title|issued",
    prepare=_drop_journal,
)
