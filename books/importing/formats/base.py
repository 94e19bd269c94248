"""The base classes of formats, and how messages list columns."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.utils.module_loading import import_string

from books.importing.results import REJECT_COLUMNS, RowError

MAX_LISTED, MAX_LENGTH = 40, 60  # columns in a message, characters of each

type ColumnMap = Mapping[str, str | Sequence[str]]  # a field's column, or several: the first that is not empty
type RawFields = tuple[dict[str, Any], list[RowError]]
type Record = tuple[int, list[str] | dict[str, Any] | str]  # its number as people count; cells, fields or a fault


@dataclass(frozen=True, eq=False)
class Container:
    """A kind of file that is not a table of text: how to recognise it, and how to read its records.

    `records` raises UnreadableFile if the whole file is unreadable. It numbers records as people do: from 1, or by the
    row numbers of a spreadsheet. It keeps only one record in memory.
    """

    title: str  # for people
    begins: Callable[[bytes], bool]  # given the first bytes of the file; text is in UTF-8 without leading white space
    records: Callable[[BinaryIO], Generator[Record]]
    is_text: bool = False  # text, to be converted to UTF-8 first


def lazy_records(path: str) -> Callable[[BinaryIO], Generator[Record]]:
    """A function imported at its first call: the libraries of some formats take megabytes."""

    def records(file: BinaryIO) -> Generator[Record]:
        return import_string(path)(file)  # type: ignore[no-any-return]

    return records


@dataclass(frozen=True, eq=False)
class Format:
    """How to read a row as a book's fields: `read` returns raw values, and an error for each field it left out."""

    name: str  # for scripts
    read: Callable[[Mapping[str, Any]], RawFields]
    columns: frozenset[str] = frozenset()  # required as columns, or as names in objects
    one_person_a_row: bool = False  # rows with the same source_key are one book, each adding an author
    title: str = ""  # for people
    uses: Mapping[str, str] = field(default_factory=dict)  # the columns it reads, and the field each of them fills
    container: Container | None = None  # its own; None: a table of text or a spreadsheet, or JSON objects
    is_ours: bool = False
    having_seen: "Callable[[Sequence[Mapping[str, Any]]], Format] | None" = None  # the same, knowing the first rows
    is_by_isbn: bool = False  # titles are optional: a new book is named after its ISBN until it is looked up

    def default_existing(self, names: Collection[str]) -> str:
        """The default for `existing`, for a file with these columns.

        Our own exports, which have the books' keys, were edited to correct them; other lists only fill gaps.
        """
        return "replace" if self.is_ours and "source_key" in names else "fill"

    def recognises(self, header: Sequence[str]) -> bool:
        """Whether a file with these columns is in this format. Ours have no others."""
        has_others = not {*self.uses, *REJECT_COLUMNS}.issuperset(header)
        return bool(self.columns) and self.columns.issubset(header) and not (self.is_ours and has_others)

    def unused(self, header: Sequence[str]) -> list[str]:
        """The columns of a file that are not imported."""
        used = {*self.uses, *REJECT_COLUMNS, ""}
        return [name for name in header if name not in used] if self.uses else []


def join_names(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:MAX_LISTED])
    return f"{shown} and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else shown


def printable(name: str) -> str:
    text = "".join(character if character.isprintable() else "\ufffd" for character in name.strip())
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 1]}…"
