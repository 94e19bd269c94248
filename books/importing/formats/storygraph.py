"""The StoryGraph, “Manage account › Export library”: https://app.thestorygraph.com"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.goodbooks import titled
from books.importing.formats.values import parts, people, text, topics, with_role

USES = {
    "Title": "title",
    "Authors": "authors",
    "Contributors": "authors",
    "ISBN/UID": "isbn13",
    "Tags": "topics",
}


def read(cells: Mapping[str, Any]) -> RawFields:
    written = [(name, "") for name in parts(cells["Authors"])]
    contributors = [(name, role or "contributor") for name, role in map(with_role, parts(cells.get("Contributors")))]
    authors, left_out = people(written + contributors)
    tags, too_many = topics(*parts(cells.get("Tags")))
    return {
        **titled(text(cells["Title"])),
        "authors": authors,
        "isbn13": text(cells["ISBN/UID"]),
        "topics": tags,
    }, left_out + too_many


FORMAT = Format("storygraph", read, frozenset({"Title", "Authors", "ISBN/UID"}), uses=USES, title="The StoryGraph")
