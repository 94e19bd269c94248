"""A plain list of ISBNs, one a line. A book we do not have is called by its ISBN until it is looked up."""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.metadata import isbn


def read(cells: Mapping[str, Any]) -> RawFields:
    return {"isbn13": isbn.canonical(cells["isbn13"])}, []


FORMAT = Format("isbns", read, title="A list of ISBNs", uses={"isbn13": "isbn13"}, is_by_isbn=True)
