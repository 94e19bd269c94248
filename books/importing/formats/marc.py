"""MARC 21 and UNIMARC records, binary, as XML or as text. containers/marc.py and marc_text.py read them."""

import re
from collections.abc import Callable
from typing import Any

from books.importing.formats.base import Container, Format, lazy_records
from books.importing.formats.columns import Columns, column_format
from books.importing.formats.opf import read_people
from books.importing.formats.values import texts
from books.importing.results import RowError


def _note_other_title(other_title: Any) -> dict[str, Any]:
    if other_title:
        raise RowError("title", other_title, "Left out: the title is kept in the script of the book.")
    return {}


COLUMNS: Columns = {
    "source_key": "Control number",
    "title": "Title",
    "other title": ("Other title", _note_other_title),
    "subtitle": "Subtitle",
    "authors": ("People", read_people),
    "isbn13": "ISBN",
    "publisher": "Publisher",
    "published_year": "Year",
    "language": "Language",
    "pages": "Pages",
    "description": "Summary",
    "topics": ("Subjects", texts),
    "series": "Series",
    "series_number": "Number",
}
_LEADER = re.compile(rb"[\s\0]*(?:\d{5}| {5})[\x01-\x1c -~]{7}[\d ]{5}.{7}", re.DOTALL)
_DIRECTORY = re.compile(rb"(?:[0-9A-Za-z]{3}\d{9}){2,}.{0,11}")
_TEXT = re.compile(rb"=(?:LDR|00\d) {1,2}[^\n]+\n=[A-Z0-9]{3} ")
_END_OF_FIELD = b"\x1e"
_NAMESPACES = (b"MARC21/slim", b"MARC21slim", b"unimarc", b"info:lc/xmlns/marcxchange")


def _is_binary(beginning: bytes) -> bool:
    leader = _LEADER.match(beginning)
    is_long = leader and _DIRECTORY.fullmatch(beginning, leader.end())  # of a record with hundreds of fields
    return bool(leader) and (_END_OF_FIELD in beginning or bool(is_long))


def _is_xml(beginning: bytes) -> bool:
    text = beginning.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    is_marc = any(name in text for name in _NAMESPACES) or b"<leader>" in text
    return text.startswith(b"<") and is_marc


def _is_text(beginning: bytes) -> bool:
    return bool(_TEXT.match(beginning))


def _format(name: str, title: str, begins: Callable[[bytes], bool], records: str, *, is_text: bool = False) -> Format:
    container = Container(title, begins, lazy_records(f"books.importing.containers.{records}"), is_text)
    return column_format(name, title, COLUMNS, container=container)


BINARY = _format("marc", "MARC 21", _is_binary, "marc.binary_records")
XML = _format("marcxml", "MARCXML", _is_xml, "marc.xml_records")
TEXT = _format("marc-text", "MARC as text", _is_text, "marc_text.records", is_text=True)
