"""goodbooks-10k: ten thousand popular books, https://github.com/zygmuntz/goodbooks-10k"""

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from books.importing.formats.base import Format, RawFields
from books.importing.results import RowError
from books.metadata import isbn
from books.metadata.series import placed

USES = {
    "book_id": "source_key",
    "isbn": "isbn13",
    "authors": "authors",
    "original_publication_year": "published_year",
    "title": "title",
    "language_code": "language",
}

_WHOLE_YEAR = re.compile(r"(-?\d+)\.0")
_FURTHER = re.compile(r",\s*+(?=[^\d\s#])")  # “#12, Dream-Hunter #2”: some write a comma for the semicolon


def read(cells: Mapping[str, str]) -> RawFields:
    year = cells["original_publication_year"].strip()
    raw: dict[str, Any] = {
        "source_key": f"goodbooks:{cells['book_id'].strip()}",
        "authors": cells["authors"].split(","),
        "published_year": whole[1] if (whole := _WHOLE_YEAR.fullmatch(year)) else year,
        "language": cells["language_code"].strip(),
        **titled(cells["title"].strip()),
    }
    try:
        return {**raw, "isbn13": _isbn(cells["isbn"].strip())}, []
    except ValidationError as error:
        return raw, [RowError("isbn13", cells["isbn"], error.messages[0])]


def _isbn(text: str) -> str:
    """From the ISBN-10, whose leading zeros a spreadsheet took. The column isbn13 is rounded, and tells nothing."""
    return isbn.canonical(text.zfill(10)) if text else ""


def titled(text: str) -> dict[str, Any]:
    """The fields in a title such as “Mort (Death, #1; Discworld, #4)”."""
    title, inside = _last_parentheses(text)
    first, *others = (part.strip() for part in inside.split(";"))
    series, is_numbered, number = first.partition("#")
    series = series.rstrip(", \t\n")
    if not title or not is_numbered or not series:
        return {"title": text}
    number = number.strip()
    more = []
    if further := _FURTHER.search(number, 0, max(number.rfind("#"), 0)):
        number, more = number[: further.start()], [number[further.end() :]]
    found: dict[str, Any] = {"title": title, "series": series}
    if placed(f"{series} #{number}").number is None:
        found["subtitle"] = f"#{number}"
    else:
        found["series_number"] = number
    others = [*more, *others]
    if in_series := [each for each in others if "#" in each]:
        found["more_series"] = in_series
    if also := "; ".join(each for each in others if "#" not in each):
        found["description"] = f"Also: {also}."
    return found


def _last_parentheses(text: str) -> tuple[str, str]:
    """What stands before the parentheses in which the text ends, and within them: others may stand within those."""
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[position], 0)
        if depth == 0:
            break
    else:
        return text, ""
    return (text[:position].strip(), text[position + 1 : -1]) if text.endswith(")") else (text, "")


FORMAT = Format("goodbooks", read, frozenset(USES), uses=USES, title="goodbooks-10k")
