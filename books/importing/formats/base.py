"""What a format of book lists is, and how messages speak of columns."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from books.importing.results import REJECT_COLUMNS, RowError

MAX_LISTED, MAX_LENGTH = 40, 60  # columns in a message, characters of one

type RawFields = tuple[dict[str, Any], list[RowError]]


@dataclass(frozen=True)
class Format:
    """How a row becomes a book's fields: `read` returns the raw values, and an error for each field it left out."""

    name: str
    read: Callable[[Mapping[str, Any]], RawFields]
    columns: frozenset[str] = frozenset()  # a file must have them
    other_columns: frozenset[str] | None = None  # it may have besides, if it is to be recognised; None: any
    one_person_a_row: bool = False  # rows with one source_key are one book, and each adds an author

    def recognises(self, header: Sequence[str]) -> bool:
        found = frozenset(header)
        others = found if self.other_columns is None else self.other_columns
        return self.columns <= found <= self.columns | others

    def read_columns(self) -> frozenset[str]:
        return (self.columns | (self.other_columns or frozenset())).difference(REJECT_COLUMNS)


def doubled(header: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(header).items() if count > 1]


def listed(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:MAX_LISTED])
    return f"{shown} and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else shown


def printable(name: str) -> str:
    text = "".join(character if character.isprintable() else "\ufffd" for character in name.strip())
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 1]}…"
