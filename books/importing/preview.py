"""How an import would read a file, for people to check and correct before it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from books.importing import source, tables
from books.importing.encoding import UnclearEncoding, sample_lines

MAX_ROWS = 20


@dataclass(frozen=True)
class Preview:
    encoding: str = ""  # "": not a text file, or one whose encoding is to be chosen from the candidates
    candidates: Mapping[str, Sequence[str]] = field(default_factory=dict)  # the first lines as read in each encoding
    format: str = ""  # its name in FORMATS, or "table"
    title: str = ""  # of the format, for people
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()  # the first ones, as in the file
    mapping: Mapping[str, str] = field(default_factory=dict)  # {field: column}, as the import would read them
    uses: Mapping[str, str] = field(default_factory=dict)  # {column: field}: several columns may fill one field


def preview(
    file: BinaryIO, *, mapping: Mapping[str, str | Sequence[str]] = {}, format_name: str = "", encoding: str = ""
) -> Preview:
    """How an import with these options would read the file. Raises UnreadableFile if it cannot be a list of books.

    A file with unknown columns has rows but neither format nor mapping, which are then to be chosen.
    """
    try:
        with source.opened(file, encoding, format_name) as text:
            return _preview_of(tables.opened(text, mapping, format_name, is_strict=False))
    except UnclearEncoding as unclear:
        return Preview(candidates=sample_lines(file, unclear.candidates))


def _preview_of(table: tables.Table) -> Preview:
    rows = list(islice(table.rows(table.start, table.before), MAX_ROWS))
    names = table.names
    uses = {column: field for column, field in table.format.uses.items() if column in names}
    # of several columns for a field, the first is shown
    by_field = {field: column for column, field in reversed(uses.items())}
    return Preview(
        encoding=table.encoding,
        format=table.format.name,
        title=table.format.title,
        header=names,
        rows=[[_display(row.fields.get(name, "")) for name in names] if row.fields else row.cells for row in rows],
        mapping=by_field,
        uses=uses,
    )


def _display(value: object, between: str = "; ") -> str:
    """A value from JSON or MARC for people: the names in a list, each with its details."""
    if isinstance(value, dict):
        value = [*value.values()]
    return between.join(_display(each, ", ") for each in value if each) if isinstance(value, list) else str(value)
