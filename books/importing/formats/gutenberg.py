"""Project Gutenberg's catalogue as gutenbergr has it, a row for each author: https://github.com/ropensci/gutenbergr"""

import re
from typing import Any

from books.importing.formats.columns import Cells, of_columns
from books.importing.formats.values import natural, parts, text
from books.metadata.record import MAX_TEXT

CATEGORY = "Category: "

_SUBFIELD = re.compile(r"(?:(?<![\s:;=/])[\s:;=/]*+)?\$[bcv]\s+")  # MARC's marks for the rest of a title
_UNFINISHED = re.compile(r" (of|by|and)$")  # any other first line is the title


def _given(cells: Cells) -> Cells:
    return {name: "" if text(cell) == "NA" else cell for name, cell in cells.items()}


def titled(text: str) -> tuple[str, str]:
    """Title and subtitle; a subtitle that is too long for one stays with the title."""
    lines = [line.strip() for line in _SUBFIELD.sub("\n", text).splitlines() if line.strip()] or [""]
    title, *rest = lines
    while rest and _UNFINISHED.search(title):
        title = f"{title} {rest.pop(0)}"
    subtitle = " ".join(rest)
    return (" ".join(lines), "") if len(subtitle) > MAX_TEXT else (title.rstrip(" :;,=/"), subtitle)


def categories(cell: Any) -> list[str]:
    return [part.removeprefix(CATEGORY) for part in parts(cell, "/") if part.startswith(CATEGORY)]


FORMAT = of_columns(
    "gutenberg",
    "Project Gutenberg, catalogue",
    {
        "source_key": "gutenberg_id",
        "title": ("title", lambda cell: dict(zip(("title", "subtitle"), titled(text(cell)), strict=True))),
        "authors": ("author", lambda name: [(natural(text(name)), "")]),
        "language": ("language", lambda cell: text(cell).partition("/")[0]),
        "topics": ("gutenberg_bookshelf", categories),
    },
    header="gutenberg_id|title|author|language|gutenberg_bookshelf",
    source="gutenberg",
    prepared=_given,
    one_person_a_row=True,
)
