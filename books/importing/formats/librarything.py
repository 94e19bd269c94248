"""LibraryThing's exports, tab-delimited and JSON: https://www.librarything.com/more/import"""

import html
import re
from collections.abc import Iterable
from typing import Any

from books.importing.formats.columns import column_format, split_lists
from books.importing.formats.values import first, natural_order, parse_all_series, split_inverted, text, texts, values

OWN_COLLECTIONS = {"Your library", "Wishlist", "To read", "Currently reading", "Read but unowned", "Favorites"}
_AFTER_PUBLISHER = re.compile(r"(?<!\s)\s*\((?=[^()]*\))[^()]*\d{4}")  # a year in parentheses
_MOJIBAKE = re.compile(r"[\xc2-\xf4][\x80-\xbf\u0152-\u2122]")


def _people(first: Any, role: Any, others: Any, roles: Any) -> dict[str, Any]:
    names, roles_of_others = repair_mojibake(text(others)).split("|"), text(roles).split("|")
    roles_of_others += [""] * (len(names) - len(roles_of_others))
    return _people_with_sort_names([(text(first), text(role)), *zip(names, roles_of_others, strict=False)])


def _people_of_json(authors: Any, primary: Any) -> dict[str, Any]:
    objects = [each for each in values(authors) if isinstance(each, dict)]
    written = [(text(each.get("lf") or each.get("fl")), text(each.get("role"))) for each in objects]
    return _people_with_sort_names(written or [(text(primary), "")])


def _people_with_sort_names(written: Iterable[tuple[str, str]]) -> dict[str, Any]:
    plain = [(part, role) for name, role in written for part in split_inverted(_clean_text(name))]
    sort_names = {natural_order(name): name for name, _ in plain if "," in name}
    return {"authors": [(natural_order(name), role) for name, role in plain], "sort_names": sort_names}


def _publisher(cell: Any) -> str:
    """The publisher in “Gallimard (1979), Poche, 590 pages”."""
    published = _clean_text(text(cell))
    return published[: found.start()] if (found := _AFTER_PUBLISHER.search(published)) else published


def _shelves(tags: Iterable[str]) -> list[str]:
    return [_clean_text(tag) for tag in tags if tag not in OWN_COLLECTIONS]


def _series(cell: Any) -> dict[str, Any]:
    return parse_all_series([html.unescape(written).replace(";", ",") for written in texts(cell)])


def _clean_text(written: str) -> str:
    return repair_mojibake(html.unescape(written))


def repair_mojibake(written: str) -> str:
    """Undo the damage to UTF-8 that was decoded as cp1252, as in “CortÃ¡zar”, if all of the text may be that."""
    if not _MOJIBAKE.search(written):
        return written
    try:
        return "".join(map(_byte, written)).encode("latin-1").decode()
    except UnicodeError:
        return written


def _byte(character: str) -> str:
    """The byte that reads as this character in cp1252, or in Latin-1 where cp1252 has none."""
    return character if character < "\u0100" else character.encode("cp1252").decode("latin-1")


TSV = column_format(
    "librarything",
    "LibraryThing, tab-delimited",
    {
        "source_key": "Book Id",
        "title": ("Title", lambda title: _clean_text(text(title))),
        "authors": ("Primary Author|Primary Author Role|Secondary Author|Secondary Author Roles", _people),
        "isbn13": "ISBN|ISBNs",
        "publisher": ("Publication", _publisher),
        "published_year": "Date",
        "pages": "Page Count",
        "language": "Languages",
        "topics": ("Tags|Collections", lambda *cells: _shelves(split_lists(*cells))),
    },
    header="Title|Primary Author|Secondary Author",
    source="librarything",
)
JSON = column_format(
    "librarything-json",
    "LibraryThing, JSON",
    {
        "source_key": "books_id",
        "title": ("title", lambda title: _clean_text(first(title))),
        "authors": ("authors|primaryauthor", _people_of_json),
        "isbn13": "isbn|originalisbn",
        "publisher": ("publication", _publisher),
        "published_year": "date",
        "pages": "pages",
        "language": ("language", lambda cell: ", ".join(texts(cell))),
        "topics": ("tags|genre|collections", lambda *cells: _shelves(texts(*cells))),
        "series": ("series", _series),
    },
    header="books_id|title",
    source="librarything",
)
