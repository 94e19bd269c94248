"""Any other CSV, read by a mapping that says which column holds which field."""

import re
import shlex
from collections.abc import Mapping, Sequence

from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Format, doubled, listed, printable
from books.metadata.record import CLEANERS

_LIKELY = {
    "title": re.compile(r"titl|titel|titul|título|name|作品|書名|タイトル|题|題", re.IGNORECASE),
    "authors": re.compile(r"auth|auteur|autor|creator|writer|著者|作者|筆者", re.IGNORECASE),
}


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


def example_map(header: Sequence[str]) -> str:
    """A --map for this file: right if its columns have usual names, else a pattern to follow."""
    title = next((name for name in header if _LIKELY["title"].search(name)), header[0])
    others = [name for name in header if name != title]
    authors = next((name for name in others if _LIKELY["authors"].search(name)), others[0] if others else None)
    chosen = {"title": title} | ({"authors": authors} if authors else {})
    return " ".join(f"--map {_quoted(f'{field}={printable(column)}')}" for field, column in chosen.items())


def _quoted(argument: str) -> str:
    return argument if re.fullmatch(r"[\w%+,./:@=-]+", argument) else shlex.quote(argument)
