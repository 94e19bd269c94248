"""LibraryThing's exports, as tab-delimited text and as JSON: https://www.librarything.com/more/import"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import (
    count,
    first_isbn,
    in_all_series,
    natural,
    parts,
    people,
    text,
    topics,
    values,
)

USES = {
    "Book Id": "source_key",
    "Title": "title",
    "Primary Author": "authors",
    "Primary Author Role": "authors",
    "Secondary Author": "authors",
    "Secondary Author Roles": "authors",
    "ISBN": "isbn13",
    "ISBNs": "isbn13",
    "Publication": "publisher",
    "Date": "published_year",
    "Page Count": "pages",
    "Languages": "language",
    "Tags": "topics",
    "Collections": "topics",
}
USES_OF_JSON = {
    "books_id": "source_key",
    "title": "title",
    "primaryauthor": "authors",
    "authors": "authors",
    "isbn": "isbn13",
    "originalisbn": "isbn13",
    "publication": "publisher",
    "date": "published_year",
    "pages": "pages",
    "language": "language",
    "tags": "topics",
    "genre": "topics",
    "collections": "topics",
    "series": "series",
}
OWN_COLLECTIONS = {"Your library", "Wishlist", "To read", "Currently reading", "Read but unowned", "Favorites"}
_AFTER_PUBLISHER = re.compile(r"(?<!\s)\s*\((?=[^()]*\))[^()]*\d{4}")  # a year in parentheses
_DOUBLE = re.compile(r"[\xc2-\xf4][\x80-\xbf\u0152-\u2122]")


def read(cells: Mapping[str, Any]) -> RawFields:
    first = (text(cells["Primary Author"]), text(cells.get("Primary Author Role")))
    others = repaired(text(cells.get("Secondary Author"))).split("|")
    roles = text(cells.get("Secondary Author Roles")).split("|")
    roles += [""] * (len(others) - len(roles))
    return _book(
        key=cells.get("Book Id"),
        title=cells["Title"],
        written=[first, *zip(others, roles, strict=False)],
        isbns=[cells.get("ISBN"), *parts(text(cells.get("ISBNs")).strip("[]"))],
        publication=cells.get("Publication"),
        date=cells.get("Date"),
        pages=cells.get("Page Count"),
        languages=parts(cells.get("Languages")),
        tags=[*parts(cells.get("Tags")), *parts(cells.get("Collections"))],
    )


def read_json(fields: Mapping[str, Any]) -> RawFields:
    people_of = [each for each in values(fields.get("authors")) if isinstance(each, dict)]
    written = [(text(each.get("lf") or each.get("fl")), text(each.get("role"))) for each in people_of]
    series = [html.unescape(written).replace(";", ",") for written in _texts(fields.get("series"))]
    book, left_out = _book(
        key=fields.get("books_id"),
        title=fields["title"],
        written=written or [(text(fields.get("primaryauthor")), "")],
        isbns=[*values(fields.get("isbn")), fields.get("originalisbn")],
        publication=fields.get("publication"),
        date=fields.get("date"),
        pages=fields.get("pages"),
        languages=list(_texts(fields.get("language"))),
        tags=[each for name in ("tags", "genre", "collections") for each in _texts(fields.get(name))],
    )
    return book | in_all_series(series), left_out


def _texts(value: Any) -> Iterator[str]:
    return filter(None, map(text, values(value)))


def _book(  # noqa: PLR0913 - each is a field of theirs
    *,
    key: Any,
    title: Any,
    written: list[tuple[str, str]],
    isbns: list[Any],
    publication: Any,
    date: Any,
    pages: Any,
    languages: list[str],
    tags: list[str],
) -> RawFields:
    authors, left_out = people((natural(_plain(name)), role) for name, role in written)
    shelves, too_many = topics(*(_plain(tag) for tag in tags if tag not in OWN_COLLECTIONS))
    filed = [_plain(name) for name, _ in written if "," in name]
    published = _plain(text(publication))
    return {
        "source_key": f"librarything:{text(key)}" if text(key) else "",
        "title": _plain(text(title)),
        "authors": authors,
        "sort_names": {natural(name): name for name in filed},
        "isbn13": first_isbn(*isbns),
        "publisher": published[: found.start()] if (found := _AFTER_PUBLISHER.search(published)) else published,
        "published_year": text(date),
        "pages": count(pages),
        "language": ", ".join(languages),
        "topics": shelves,
    }, left_out + too_many


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


TSV = Format(
    "librarything",
    read,
    frozenset({"Title", "Primary Author", "Secondary Author"}),
    uses=USES,
    title="LibraryThing, tab-delimited",
)
JSON = Format(
    "librarything-json",
    read_json,
    frozenset({"books_id", "title"}),
    uses=USES_OF_JSON,
    title="LibraryThing, JSON",
)
