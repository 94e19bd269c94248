"""CSL-JSON, for Zotero, pandoc and citation.js."""

from typing import Any

import orjson

from books.exporting.base import EntryFormat
from books.exporting.citation import full_title, language_tag, person
from books.metadata.record import SEPARATOR
from books.metadata.roles import LABELS, by_property

ROLES = {role: LABELS[role] for role in ("trl", "edt", "ill", "nrt", "cmp", "com", "ivr")}


class CslJson(EntryFormat):
    label, extension, content_type = "CSL-JSON", "csl.json", "application/vnd.citationstyles.csl+json"
    header, separator = b"[\n", b",\n"

    def entry(self, book: dict[str, Any]) -> str:
        return orjson.dumps({name: value for name, value in item(book).items() if value}).decode()

    def end(self) -> bytes:
        return b"\n]\n"


def item(book: dict[str, Any]) -> dict[str, Any]:
    year, number = book["published_year"], book["series_number"]
    contributors = by_property(book["contributors"], ROLES, "contributor")
    return {
        "id": f"book-{book['id']}",
        "type": "book",
        "title": full_title(book),
        "title-short": book["title"] if book["subtitle"] else "",
        "author": [name_of(name, book["language"]) for name in book["authors"]],
        **{role: [name_of(name, book["language"]) for name in names] for role, names in contributors.items()},
        "issued": year and {"date-parts": [[year]]},
        "publisher": book["publisher"],
        "ISBN": book["isbn13"],
        "language": language_tag(book["language"]),
        "number-of-pages": str(book["pages"] or ""),
        "collection-title": book["series"],
        "collection-number": "" if number is None else str(number),
        "keyword": f"{SEPARATOR} ".join(book["topics"]),
        "abstract": book["description"],
    }


def name_of(name: str, language: str) -> dict[str, str]:
    found = person(name, language)
    return {part: text for part, text in found._asdict().items() if text} if found else {"literal": name}
