"""The metadata.opf of a book in Calibre's library, or of an EPUB. containers/opf.py reads the XML."""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Container, Format, RawFields, records_by
from books.importing.formats.values import first_isbn, people, text, topics, values

USES = {
    "Title": "title",
    "Subtitle": "subtitle",
    "Authors": "authors",
    "Identifiers": "isbn13",
    "Publisher": "publisher",
    "Date": "published_year",
    "Language": "language",
    "Description": "description",
    "Subjects": "topics",
    "Series": "series",
    "Series index": "series_number",
}
ROLES = {"aut": "author", "edt": "editor", "trl": "translator", "ill": "illustrator", "ctb": "contributor"}
PROGRAM = "bkp"  # the book producer: Calibre names itself there


def read(cells: Mapping[str, Any]) -> RawFields:
    identifiers = dict(text(each).rpartition(":")[::2] for each in values(cells.get("Identifiers")))
    written = [(text(name), text(role)) for name, role, _ in values(cells.get("Authors"))]
    authors, left_out = people((name, ROLES.get(role, role)) for name, role in written if role != PROGRAM)
    subjects, too_many = topics(*map(text, values(cells.get("Subjects"))))
    uuid, series = identifiers.get("uuid", ""), text(cells.get("Series"))
    plain = ("Title", "Subtitle", "Publisher", "Date", "Language", "Description")
    return {
        "source_key": f"calibre:{uuid}" if uuid else "",
        **{USES[name]: text(cells.get(name)) for name in plain},
        "authors": authors,
        "sort_names": {name: text(filed) for name, _, filed in values(cells.get("Authors"))},
        "isbn13": first_isbn(*(value for kind, value in identifiers.items() if kind.endswith("isbn"))),
        "topics": subjects,
        "series": series,
        "series_number": text(cells.get("Series index")) if series else "",
    }, left_out + too_many


def begins(beginning: bytes) -> bool:
    return beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"http://www.idpf.org/2007/opf" in beginning


FORMAT = Format(
    "opf",
    read,
    uses=USES,
    title="OPF",
    container=Container("OPF", begins, records_by("books.importing.containers.opf.records")),
)
