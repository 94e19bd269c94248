"""Open Library's reading log, “My Books › Import and export options”: https://openlibrary.org/account/import"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import parts, text, topics

USES = {
    "Work ID": "source_key",
    "Title": "title",
    "Authors": "authors",
    "First Publish Year": "published_year",
    "Subjects": "topics",
}


def read(cells: Mapping[str, Any]) -> RawFields:
    """It has no ISBN: the log is of works."""
    subjects, too_many = topics(*parts(cells.get("Subjects")))
    return {
        "source_key": f"openlibrary:{text(cells['Work ID'])}",
        "title": text(cells["Title"]),
        "authors": parts(cells["Authors"]),
        "published_year": text(cells.get("First Publish Year")),
        "topics": subjects,
    }, too_many


COLUMNS = frozenset({"Work ID", "Title", "Authors", "Bookshelf"})
FORMAT = Format("openlibrary", read, COLUMNS, uses=USES, title="Open Library, reading log")
