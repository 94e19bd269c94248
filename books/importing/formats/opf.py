"""OPF, the metadata of an e-book, as in Calibre's metadata.opf: https://www.w3.org/TR/epub-33/#sec-package-doc"""

from typing import Any

from books.importing.formats.base import Container, records_by
from books.importing.formats.columns import of_columns
from books.importing.formats.values import first_isbn, text, texts, values

PROGRAM = "bkp"  # the book producer: Calibre names itself there


def begins(beginning: bytes) -> bool:
    return beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"http://www.idpf.org/2007/opf" in beginning


def named(cell: Any) -> dict[str, Any]:
    """The people of [name, role, sort name] each."""
    written = [(text(name), text(role), text(filed)) for name, role, filed in values(cell)]
    authors = [(name, role) for name, role, _ in written if role != PROGRAM]
    return {"authors": authors, "sort_names": {name: filed for name, _, filed in written if filed}}


def _identified(cell: Any) -> dict[str, str]:
    found = dict(text(each).rpartition(":")[::2] for each in values(cell))
    isbn13 = first_isbn(*(value for kind, value in found.items() if kind.endswith("isbn")))
    return {"source_key": found.get("uuid", ""), "isbn13": isbn13}


FORMAT = of_columns(
    "opf",
    "OPF",
    {
        "title": "Title",
        "subtitle": "Subtitle",
        "authors": ("Authors", named),
        "isbn13": ("Identifiers", _identified),
        "publisher": "Publisher",
        "published_year": "Date",
        "language": "Language",
        "description": "Description",
        "topics": ("Subjects", texts),
        "series": "Series",
        "series_number": "Series index",
    },
    source="calibre",
    container=Container("OPF", begins, records_by("books.importing.containers.opf.records")),
)
