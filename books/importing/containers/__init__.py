"""Files that are no table of text, but hold rows of any format: cells as in a table, or objects."""

from books.importing.containers import json_array
from books.importing.formats.base import Container, records_by

_PACKED = b"PK\x03\x04"
SHEET = Container(
    "a spreadsheet",
    lambda beginning: beginning.startswith(_PACKED),
    records_by("books.importing.containers.sheet.records"),
)
CONTAINERS = (SHEET, json_array.CONTAINER)
