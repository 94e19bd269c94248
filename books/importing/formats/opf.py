"""OPF, the metadata of an e-book, as in Calibre's metadata.opf: https://www.w3.org/TR/epub-33/#sec-package-doc"""

from typing import Any

from books.importing.formats.base import Container, lazy_records
from books.importing.formats.columns import column_format
from books.importing.formats.values import first_isbn, text, texts, values

PROGRAM = "bkp"  # the book producer: Calibre names itself there


def begins(beginning: bytes) -> bool:
    return beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"http://www.idpf.org/2007/opf" in beginning


def read_people(cell: Any) -> dict[str, Any]:
    """The people, each given as [name, role, sort name]."""
    written = [(text(name), text(role), text(filed)) for name, role, filed in values(cell)]
    authors = [(name, role) for name, role, _ in written if role != PROGRAM]
    return {"authors": authors, "sort_names": {name: filed for name, _, filed in written if filed}}


def _read_identifiers(cell: Any) -> dict[str, str]:
    found = dict(text(each).rpartition(":")[::2] for each in values(cell))
    isbn13 = first_isbn(*(value for kind, value in found.items() if kind.endswith("isbn")))
    return {"source_key": found.get("uuid", ""), "isbn13": isbn13}


FORMAT = column_format(
    "opf",
    "OPF",
    {
        "title": "Title",
        "subtitle": "Subtitle",
        "authors": ("Authors", read_people),
        "isbn13": ("Identifiers", _read_identifiers),
        "publisher": "Publisher",
        "published_year": "Date",
        "language": "Language",
        "description": "Description",
        "topics": ("Subjects", texts),
        "series": "Series",
        "series_number": "Series index",
    },
    source="calibre",
    container=Container("OPF", begins, lazy_records("books.importing.containers.opf.records")),
)
