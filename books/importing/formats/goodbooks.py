"""goodbooks-10k: ten thousand popular books, https://github.com/zygmuntz/goodbooks-10k"""

import re
from typing import Any

from books.importing.formats.columns import column_format
from books.importing.formats.values import first, parts, text
from books.metadata.series import parse_place

_FURTHER = re.compile(r",\s*+(?=[^\d\s#])")  # “#12, Dream-Hunter #2”: a comma instead of a semicolon


def parse_title(text: str) -> dict[str, Any]:
    """The fields in a title like “Mort (Death, #1; Discworld, #4)”."""
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
    if parse_place(f"{series} #{number}").number is None:
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
    """The text before its final parentheses and the text within, which may have parentheses itself."""
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[position], 0)
        if depth == 0:
            break
    else:
        return text, ""
    return (text[:position].strip(), text[position + 1 : -1]) if text.endswith(")") else (text, "")


FORMAT = column_format(
    "goodbooks",
    "goodbooks-10k",
    {
        "source_key": "book_id",
        "title": ("title", lambda cell: parse_title(text(cell))),
        "authors": ("authors", lambda cell: [(name, "") for name in parts(cell)]),
        # An ISBN-10 that lost its leading zeros in a spreadsheet. The column isbn13 is rounded and useless.
        "isbn13": ("isbn", lambda cell: text(cell) and text(cell).zfill(10)),
        "published_year": ("original_publication_year", first),
        "language": "language_code",
    },
    header="book_id|isbn|authors|original_publication_year|title|language_code",
    source="goodbooks",
)
