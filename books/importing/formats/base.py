"""What a format of book lists is, and how messages speak of columns."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.utils.module_loading import import_string

from books.importing.results import REJECT_COLUMNS, RowError

MAX_LISTED, MAX_LENGTH = 40, 60  # columns in a message, characters of one

type ColumnMap = Mapping[str, str | Sequence[str]]  # a field's column, or several: the first that is not empty
type RawFields = tuple[dict[str, Any], list[RowError]]
type Record = tuple[int, list[str] | dict[str, Any]]  # its number in the person's file, and its cells or its fields


@dataclass(frozen=True, eq=False)
class Container:
    """A file that is no table of text: how it begins, and how its records are read, one after the other.

    `records` raises UnreadableFile if the file as a whole cannot be read. It numbers the records as a person counts
    them: from 1, the rows of a sheet as the program shows them. It holds no more than a record in memory.
    """

    title: str  # for people
    begins: Callable[[bytes], bool]  # given the first bytes of the file, of text in UTF-8 without white space before
    records: Callable[[BinaryIO], Generator[Record]]
    is_text: bool = False  # it is converted to UTF-8 first


def records_by(path: str) -> Callable[[BinaryIO], Generator[Record]]:
    """The function of this name, imported when a file needs it: the libraries of some formats take megabytes."""

    def records(file: BinaryIO) -> Generator[Record]:
        return import_string(path)(file)  # type: ignore[no-any-return]

    return records


@dataclass(frozen=True, eq=False)
class Format:
    """How a row becomes a book's fields: `read` returns the raw values, and an error for each field it left out."""

    name: str  # for scripts
    read: Callable[[Mapping[str, Any]], RawFields]
    columns: frozenset[str] = frozenset()  # a file must have them, as columns or as names in its objects
    other_columns: frozenset[str] | None = None  # it may have besides, if it is to be recognised; None: any
    one_person_a_row: bool = False  # rows with one source_key are one book, and each adds an author
    title: str = ""  # for people
    uses: Mapping[str, str] = field(default_factory=dict)  # the columns it reads: the field that each fills
    container: Container | None = None  # of its own; None: a table of text or of a spreadsheet, or JSON objects
    is_ours: bool = False
    is_by_isbn: bool = False  # a row needs no title: a new book is called by its ISBN until it is looked up

    def default_existing(self, names: Collection[str]) -> str:
        """What the rows of a file with these columns do to books that are here already, if nobody says.

        An export of ours, which has the books' keys, was edited to correct them; any other list only fills gaps.
        """
        return "replace" if self.is_ours and "source_key" in names else "fill"

    def recognises(self, header: Sequence[str]) -> bool:
        found = frozenset(header)
        others = found if self.other_columns is None else self.other_columns
        return bool(self.columns) and self.columns <= found <= self.columns | others

    def read_columns(self) -> frozenset[str]:
        return (self.columns | (self.other_columns or frozenset()) | self.uses.keys()).difference(REJECT_COLUMNS)

    def unused(self, header: Sequence[str]) -> list[str]:
        """The columns of a file whose content goes nowhere."""
        used = {*self.uses, *REJECT_COLUMNS, ""}
        return [name for name in header if name not in used] if self.uses else []


def listed(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:MAX_LISTED])
    return f"{shown} and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else shown


def printable(name: str) -> str:
    text = "".join(character if character.isprintable() else "\ufffd" for character in name.strip())
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 1]}…"
