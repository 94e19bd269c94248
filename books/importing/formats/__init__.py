"""The formats of book lists, each known by its columns, and how a row of each says what a book's fields are."""

import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from books.importing.encoding import UnreadableFile
from books.importing.formats import aozora, goodbooks, gutenberg
from books.importing.results import RowError
from books.metadata.record import CLEANERS

REJECT_COLUMNS = ("line", "field", "reason")  # what a file of rejects has besides: mended, it can be imported as it is
SET_BY_US = {"id", "url", "created_at", "updated_at", "version"}

# What our exports put before a cell that a spreadsheet would run as a formula; one is taken off.
_DEFUSED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_LIKELY = {
    "title": re.compile(r"titl|titel|titul|título|name|作品|書名|タイトル|题|題", re.IGNORECASE),
    "authors": re.compile(r"auth|auteur|autor|creator|writer|著者|作者|筆者", re.IGNORECASE),
}


@dataclass(frozen=True)
class Format:
    """How a row's columns become a book's fields: `read` gives the raw values and the fields left out as unfit."""

    name: str
    read: Callable[[Mapping[str, Any]], tuple[dict[str, Any], list[RowError]]]
    columns: frozenset[str] = frozenset()  # those by which the format is known
    one_person_a_row: bool = False  # rows with one source_key are one book, and each adds an author


def _own_cells(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[RowError]]:
    return {
        name: cell[1:] if cell[0] == "'" and _DEFUSED.match(cell) else cell
        for name, cell in cells.items()
        if cell and name in CLEANERS
    }, []


def _own_object(fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[RowError]]:
    if unknown := next((name for name in fields if name not in CLEANERS and name not in SET_BY_US), None):
        raise RowError(unknown, fields[unknown], f"No such field. A book has: {', '.join(CLEANERS)}.")
    return {name: value for name, value in fields.items() if name in CLEANERS}, []


JSON_LINES = Format("jsonl", _own_object)
OWN_CSV = Format("csv", _own_cells)
FOREIGN = (
    Format("goodbooks", goodbooks.read, goodbooks.COLUMNS),
    Format("aozora", aozora.read, aozora.COLUMNS, one_person_a_row=True),
    Format("gutenberg", gutenberg.read, gutenberg.COLUMNS, one_person_a_row=True),
)
NAMES = tuple(known.name for known in (OWN_CSV, JSON_LINES, *FOREIGN))


def mapped(mapping: Mapping[str, str], header: Sequence[str]) -> Format:
    """The format in which each field stands in the column that `mapping` names. Raises UnreadableFile."""
    if unknown := next((name for name in mapping if name not in CLEANERS), None):
        raise UnreadableFile(f"There is no field “{unknown}” to map: a book has {', '.join(CLEANERS)}.")
    sources = {field: column.strip() for field, column in mapping.items()}
    if missing := next((column for column in sources.values() if column not in header), None):
        raise UnreadableFile(f"There is no column “{missing}” to map; this file has {listed(header)}.")
    if not mapping.keys() & {"title", "isbn13", "source_key"}:
        raise UnreadableFile("Map title too (or isbn13 or source_key): without one of them no row finds its book.")
    if twice := next((column for column in doubled(header) if column in sources.values()), None):
        raise UnreadableFile(f"There are two columns “{twice}”: rename one, so that it is clear which one is meant.")
    return Format("mapped", lambda cells: ({field: cells[column] for field, column in sources.items()}, []))


def recognised(header: Sequence[str]) -> Format | None:
    """The format that has these columns, None if we know none."""
    columns = set(header)
    if "title" in columns and columns <= {*CLEANERS, *REJECT_COLUMNS}:
        return OWN_CSV
    return next((known for known in FOREIGN if known.columns <= columns), None)


def named(name: str, header: Sequence[str]) -> Format:
    """The CSV format of this name, if the columns suffice for it. Raises UnreadableFile."""
    known = next(known for known in (OWN_CSV, *FOREIGN) if known.name == name)
    if missing := sorted((known.columns or {"title"}) - set(header)):
        raise UnreadableFile(f"This is not {name}: it has no column {listed(missing)}; it has {listed(header)}.")
    return known


def unknown(header: Sequence[str]) -> UnreadableFile:
    return UnreadableFile(
        f"We know no format with these columns: {listed(header)}. "
        f"Say which of them hold what, such as: {example_map(header)}"
    )


def example_map(header: Sequence[str]) -> str:
    """A --map for this file: right if its columns have usual names, else a pattern to follow."""
    title = next((name for name in header if _LIKELY["title"].search(name)), header[0])
    others = [name for name in header if name != title]
    authors = next((name for name in others if _LIKELY["authors"].search(name)), others[0] if others else None)
    chosen = {"title": title} | ({"authors": authors} if authors else {})
    return " ".join(f"--map {_quoted(f'{field}={_printable(column)}')}" for field, column in chosen.items())


def _quoted(argument: str) -> str:
    return argument if re.fullmatch(r"[\w%+,./:@=-]+", argument) else shlex.quote(argument)


def listed(names: Sequence[str]) -> str:
    shown = ", ".join(_printable(name) for name in names[:40])
    return f"{shown} and {len(names) - 40} more" if len(names) > 40 else shown


def doubled(header: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(header).items() if count > 1]


def _printable(name: str) -> str:
    text = "".join(character if character.isprintable() else "\ufffd" for character in name.strip())
    return text if len(text) <= 60 else f"{text[:59]}…"
