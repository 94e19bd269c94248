"""MARC 21 and UNIMARC records, binary or as XML. containers/marc.py reads them."""

import re
from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Container, Format, RawFields, records_by
from books.importing.formats.values import DAMAGE, first_isbn, topics, values
from books.importing.results import RowError

USES = {
    "Control number": "source_key",
    "Title": "title",
    "Other title": "title",
    "Subtitle": "subtitle",
    "Authors": "authors",
    "Other people": "contributors",
    "ISBN": "isbn13",
    "Publisher": "publisher",
    "Year": "published_year",
    "Language": "language",
    "Pages": "pages",
    "Summary": "description",
    "Subjects": "topics",
    "Series": "series",
    "Number": "series_number",
}
_LEADER = re.compile(rb"[\s\0]*\d{5}[ -~]{7}[\d ]{5}")
_END_OF_FIELD = b"\x1e"
_NAMESPACES = (b"MARC21/slim", b"MARC21slim", b"unimarc", b"info:lc/xmlns/marcxchange")


def read(cells: Mapping[str, Any]) -> RawFields:
    if fault := cells.get(DAMAGE):
        raise RowError("", "", fault)
    subjects, notes = topics(values(cells.get("Subjects")))
    if other_title := cells.get("Other title"):
        notes.append(RowError("title", other_title, "Left out: the title is kept as it stands in the book."))
    plain = {USES[name]: cells[name] for name in USES if name in cells and name != "Other title"}
    fields = plain | {"isbn13": first_isbn(cells.get("ISBN")), "topics": subjects}
    fields["sort_names"] = cells.get("Sort names") or {}
    return fields, notes


def _is_binary(beginning: bytes) -> bool:
    return bool(_LEADER.match(beginning)) and _END_OF_FIELD in beginning


def _is_xml(beginning: bytes) -> bool:
    text = beginning.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    is_marc = any(name in text for name in _NAMESPACES) or b"<leader>" in text
    return text.startswith(b"<") and is_marc


BINARY = Format(
    "marc",
    read,
    uses=USES,
    title="MARC 21",
    container=Container("MARC 21", _is_binary, records_by("books.importing.containers.marc.binary_records")),
)
XML = Format(
    "marcxml",
    read,
    uses=USES,
    title="MARCXML",
    container=Container("MARCXML", _is_xml, records_by("books.importing.containers.marc.xml_records")),
)
