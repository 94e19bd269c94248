"""What RIS, BibTeX and CSL-JSON have in common.

An article is a record as well. Of those the journal is no series, and pages are places in it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from books.importing.formats.base import RawFields
from books.importing.formats.values import people, text, topics, values


def first(cells: Mapping[str, Any], *names: str) -> str:
    return next((found for name in names for value in values(cells.get(name)) if (found := text(value))), "")


def titled(title: str, short: str) -> dict[str, str]:
    """Title and subtitle, told apart by the short title that our exports give besides."""
    if short and title.startswith(f"{short}: "):
        return {"title": short, "subtitle": title.removeprefix(f"{short}: ")}
    return {"title": title}


def isbns(value: Any) -> list[str]:
    return [part for each in values(value) for part in re.split(r"[;,\n]|\s(?=97[89])", text(each))]


def series(series: str, number: str, *, is_book: bool) -> dict[str, str]:
    return {"series": series, "series_number": number} if is_book and series else {}


def finished(fields: dict[str, Any], written: Mapping[str, Iterable[str]], keywords: Iterable[str]) -> RawFields:
    authors, left_out = people((name, role) for role, names in written.items() for name in names)
    subjects, too_many = topics(*(word.strip() for word in keywords))
    return {**fields, "authors": authors, "topics": subjects}, left_out + too_many
