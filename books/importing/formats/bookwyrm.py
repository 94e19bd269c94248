"""BookWyrm, “Settings › CSV export”: https://joinbookwyrm.com"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.goodbooks import titled
from books.importing.formats.values import first_isbn, parts, people, text, topics, with_role

USES = {
    "remote_id": "source_key",
    "title": "title",
    "author_text": "authors",
    "isbn_13": "isbn13",
    "isbn_10": "isbn13",
    "shelf_name": "topics",
}
READING_STATES = {"to-read", "reading", "read", "stopped-reading"}


def read(cells: Mapping[str, Any]) -> RawFields:
    authors, left_out = people(map(with_role, parts(cells["author_text"])))
    is_state = text(cells.get("shelf")) in READING_STATES
    shelves, too_many = topics("" if is_state else text(cells.get("shelf_name")))
    return {
        "source_key": text(cells["remote_id"]),
        **titled(text(cells["title"])),
        "authors": authors,
        "isbn13": first_isbn(cells.get("isbn_13"), cells.get("isbn_10")),
        "topics": shelves,
    }, left_out + too_many


FORMAT = Format("bookwyrm", read, frozenset({"title", "author_text", "remote_id"}), uses=USES, title="BookWyrm")
