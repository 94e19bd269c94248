"""LibraryThing's exports, as tab-delimited text and as JSON: https://www.librarything.com/more/import"""

import html
import re
from collections.abc import Iterable
from typing import Any

from books.importing.formats.columns import listed_in, of_columns
from books.importing.formats.values import first, in_all_series, natural, text, texts, values

OWN_COLLECTIONS = {"Your library", "Wishlist", "To read", "Currently reading", "Read but unowned", "Favorites"}
_AFTER_PUBLISHER = re.compile(r"(?<!\s)\s*\((?=[^()]*\))[^()]*\d{4}")  # a year in parentheses
_DOUBLE = re.compile(r"[\xc2-\xf4][\x80-\xbf\u0152-\u2122]")


def _people(first: Any, role: Any, others: Any, roles: Any) -> dict[str, Any]:
    names, roles_of_others = repaired(text(others)).split("|"), text(roles).split("|")
    roles_of_others += [""] * (len(names) - len(roles_of_others))
    return _filed([(text(first), text(role)), *zip(names, roles_of_others, strict=False)])


def _people_of_json(authors: Any, primary: Any) -> dict[str, Any]:
    objects = [each for each in values(authors) if isinstance(each, dict)]
    written = [(text(each.get("lf") or each.get("fl")), text(each.get("role"))) for each in objects]
    return _filed(written or [(text(primary), "")])


def _filed(written: Iterable[tuple[str, str]]) -> dict[str, Any]:
    plain = [(_plain(name), role) for name, role in written]
    sort_names = {natural(name): name for name, _ in plain if "," in name}
    return {"authors": [(natural(name), role) for name, role in plain], "sort_names": sort_names}


def _publisher(cell: Any) -> str:
    """Of “Gallimard (1979), Poche, 590 pages” the first."""
    published = _plain(text(cell))
    return published[: found.start()] if (found := _AFTER_PUBLISHER.search(published)) else published


def _shelves(tags: Iterable[str]) -> list[str]:
    return [_plain(tag) for tag in tags if tag not in OWN_COLLECTIONS]


def _series(cell: Any) -> dict[str, Any]:
    return in_all_series([html.unescape(written).replace(";", ",") for written in texts(cell)])


def _plain(written: str) -> str:
    return repaired(html.unescape(written))


def repaired(written: str) -> str:
    """Text whose UTF-8 was once taken for cp1252, as it was: “CortÃ¡zar”. It is certain if all of it can be that."""
    if not _DOUBLE.search(written):
        return written
    try:
        return "".join(map(_byte, written)).encode("latin-1").decode()
    except UnicodeError:
        return written


def _byte(character: str) -> str:
    """What cp1252 makes of a byte, or Latin-1 where it makes nothing."""
    return character if character < "\u0100" else character.encode("cp1252").decode("latin-1")


TSV = of_columns(
    "librarything",
    "LibraryThing, tab-delimited",
    {
        "source_key": "Book Id",
        "title": ("Title", lambda title: _plain(text(title))),
        "authors": ("Primary Author|Primary Author Role|Secondary Author|Secondary Author Roles", _people),
        "isbn13": "ISBN|ISBNs",
        "publisher": ("Publication", _publisher),
        "published_year": "Date",
        "pages": "Page Count",
        "language": "Languages",
        "topics": ("Tags|Collections", lambda *cells: _shelves(listed_in(*cells))),
    },
    header="Title|Primary Author|Secondary Author",
    source="librarything",
)
JSON = of_columns(
    "librarything-json",
    "LibraryThing, JSON",
    {
        "source_key": "books_id",
        "title": ("title", lambda title: _plain(first(title))),
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
