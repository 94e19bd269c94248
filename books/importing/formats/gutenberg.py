"""Project Gutenberg's catalogue as gutenbergr has it, a row for each author: https://github.com/ropensci/gutenbergr"""

import re
from collections.abc import Mapping

from books.importing.formats.base import Format, RawFields
from books.metadata.record import MAX_TEXT

USES = {
    "gutenberg_id": "source_key",
    "title": "title",
    "author": "authors",
    "language": "language",
    "gutenberg_bookshelf": "topics",
}
CATEGORY = "Category: "

_SUBFIELD = re.compile(r"(?:(?<![\s:;=/])[\s:;=/]*+)?\$[bcv]\s+")  # MARC's marks for the rest of a title
_UNFINISHED = re.compile(r" (of|by|and)$")  # any other first line is the title
_FAMILY = re.compile(r"(?:St\. )?[^\W\d_][^.,;&()\[\]\d]*")
_GIVEN = re.compile(r"[^,;&()\[\]\d]+")
_NO_GIVEN_NAME = re.compile(r" (?:of|and|the) |^(?:Jr|Sr|Inc|Ltd|Co|Esq|M\.D|Ph\.D|D\.D|Conn)\.?\Z")

_ELIDED = ("'", "’", "-")  # “Timothée d'” “La Mothe-”: the family name follows at once


def read(cells: Mapping[str, str]) -> RawFields:
    title, subtitle = titled(_given(cells["title"]))
    return {
        "source_key": f"gutenberg:{cells['gutenberg_id'].strip()}",
        "title": title,
        "subtitle": subtitle,
        "authors": [natural(_given(cells["author"]))],
        "language": _given(cells["language"]).partition("/")[0],
        "topics": categories(_given(cells["gutenberg_bookshelf"])),
    }, []


def _given(cell: str) -> str:
    text = cell.strip()
    return "" if text == "NA" else text


def titled(text: str) -> tuple[str, str]:
    """Title and subtitle; a subtitle that is too long for one stays with the title."""
    lines = [line.strip() for line in _SUBFIELD.sub("\n", text).splitlines() if line.strip()] or [""]
    title, *rest = lines
    while rest and _UNFINISHED.search(title):
        title = f"{title} {rest.pop(0)}"
    subtitle = " ".join(rest)
    return (" ".join(lines), "") if len(subtitle) > MAX_TEXT else (title.rstrip(" :;,=/"), subtitle)


def natural(name: str) -> str:
    """“Jefferson, Thomas” as Thomas Jefferson; a name that may be anything but family and given name stays as it is."""
    family, comma, given = name.partition(", ")
    plain = comma and _FAMILY.fullmatch(family) and _GIVEN.fullmatch(given) and given[0].isupper()
    if not plain or _NO_GIVEN_NAME.search(given) or _NO_GIVEN_NAME.search(family):
        return name
    return f"{given}{'' if given.endswith(_ELIDED) else ' '}{family}"


def categories(bookshelf: str) -> list[str]:
    return [part.removeprefix(CATEGORY) for part in bookshelf.split("/") if part.startswith(CATEGORY)]


FORMAT = Format(
    "gutenberg", read, frozenset(USES), uses=USES, title="Project Gutenberg, catalogue", one_person_a_row=True
)
