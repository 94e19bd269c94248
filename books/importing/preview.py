"""What an import would take a file for: shown, and corrected, before it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from books.importing import source, tables
from books.importing.encoding import UnclearEncoding, beginnings

MAX_ROWS = 20


@dataclass(frozen=True)
class Preview:
    encoding: str = ""  # "": a file of no text, or one whose encoding is to be chosen among the candidates
    candidates: Mapping[str, Sequence[str]] = field(default_factory=dict)  # the first lines as each encoding reads them
    format: str = ""  # its name in FORMATS, or "table"
    title: str = ""  # of the format, for people
    delimiter: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()  # the first, as they stand in the file
    mapping: Mapping[str, str] = field(default_factory=dict)  # {field: column}, as the import would take them
    uses: Mapping[str, str] = field(default_factory=dict)  # {column: field}: several columns may fill one field
    unused: Sequence[str] = ()  # columns


def preview(
    file: BinaryIO, *, mapping: Mapping[str, str | Sequence[str]] = {}, format_name: str = "", encoding: str = ""
) -> Preview:
    """What the file is taken for with these choices. Raises UnreadableFile if it can be no list of books.

    A file whose columns say nothing has its rows, and neither format nor mapping: they are to be chosen.
    """
    try:
        with source.opened(file, encoding, format_name) as text:
            return _of(tables.opened(text, mapping, format_name, is_strict=False))
    except UnclearEncoding as unclear:
        return Preview(candidates=beginnings(file, unclear.candidates))


def _of(table: tables.Table) -> Preview:
    rows = list(islice(table.rows(table.start, table.before), MAX_ROWS))
    names = table.names
    uses = {column: field for column, field in table.format.uses.items() if column in names}
    # of several columns for a field the first is shown
    by_field = {field: column for column, field in reversed(uses.items())}
    return Preview(
        encoding=table.encoding,
        format=table.format.name,
        title=table.format.title,
        delimiter=table.delimiter,
        header=names,
        rows=[[_shown(row.fields.get(name, "")) for name in names] if row.fields else row.cells for row in rows],
        mapping=by_field,
        uses=uses,
        unused=table.unused,
    )


def _shown(value: object, between: str = "; ") -> str:
    """A value of JSON or MARC as people read it: the names of a list, each with what stands beside it."""
    if isinstance(value, dict):
        value = [*value.values()]
    return between.join(_shown(each, ", ") for each in value if each) if isinstance(value, list) else str(value)
