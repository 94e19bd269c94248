"""Files that are not tables of text but hold rows of any format: cells as in a table, or objects."""

from books.importing.containers import json_array
from books.importing.formats.base import Container, lazy_records

PACKED, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # .xlsx and .ods; .xls
SHEET = Container(
    "a spreadsheet",
    lambda beginning: beginning.startswith((PACKED, OLD)),
    lazy_records("books.importing.containers.sheet.records"),
)
CONTAINERS = (SHEET, json_array.CONTAINER)
