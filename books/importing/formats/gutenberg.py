"""Project Gutenberg's catalogue as in gutenbergr, with a row per author: https://github.com/ropensci/gutenbergr"""

import re
from typing import Any

from books.importing.formats.columns import Cells, column_format
from books.importing.formats.values import natural_order, parts, text
from books.metadata.record import MAX_TEXT

CATEGORY = "Category: "

_SUBFIELD = re.compile(r"(?:(?<![\s:;=/])[\s:;=/]*+)?\$[bcv]\s+")  # MARC's codes for the rest of a title
_UNFINISHED = re.compile(r" (of|by|and)$")  # otherwise the first line is the whole title


def _without_na(cells: Cells) -> Cells:
    return {name: "" if text(cell) == "NA" else cell for name, cell in cells.items()}


def split_title(text: str) -> tuple[str, str]:
    """Title and subtitle; one that is too long for a subtitle stays in the title."""
    lines = [line.strip() for line in _SUBFIELD.sub("\n", text).splitlines() if line.strip()] or [""]
    title, *rest = lines
    while rest and _UNFINISHED.search(title):
        title = f"{title} {rest.pop(0)}"
    subtitle = " ".join(rest)
    return (" ".join(lines), "") if len(subtitle) > MAX_TEXT else (title.rstrip(" :;,=/"), subtitle)


def categories(cell: Any) -> list[str]:
    return [part.removeprefix(CATEGORY) for part in parts(cell, "/") if part.startswith(CATEGORY)]


FORMAT = column_format(
    "gutenberg",
    "Project Gutenberg, catalogue",
    {
        "source_key": "gutenberg_id",
        "title": ("title", lambda cell: dict(zip(("title", "subtitle"), split_title(text(cell)), strict=True))),
        "authors": ("author", lambda name: [(natural_order(text(name)), "")]),
        "language": ("language", lambda cell: text(cell).partition("/")[0]),
        "topics": ("gutenberg_bookshelf", categories),
    },
    header="gutenberg_id|title|author|language|gutenberg_bookshelf",
    source="gutenberg",
    prepare=_without_na,
    one_person_a_row=True,
)
