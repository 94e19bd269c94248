"""The outcomes of an import: each row adds a book, updates one, leaves it unchanged or is rejected."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Self

REJECT_COLUMNS = ("line", "field", "reason")  # added to rejects, and ignored when the corrected file is imported
SHOWN = 100  # characters of a value in a report


class RowOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class RowError(Exception):
    """A row or field that cannot be imported, and the reason."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(field, value, reason)
        self.field, self.value, self.reason = field, shortened(value), reason


class Reject(NamedTuple):
    line: int
    field: str  # "": the row as a whole
    value: str
    reason: str
    cells: Sequence[str] = ()  # as in the file


class Note(NamedTuple):
    """A note on an imported row: a field was left out, or there is a similar book."""

    line: int
    field: str
    value: str
    reason: str
    book: str = ""  # its URL


class Totals(NamedTuple):
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    notes: int = 0
    similar: int = 0  # added books that are possible duplicates

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.rejected

    def plus(self, outcomes: Mapping[RowOutcome, int], notes: int, similar: int) -> Self:
        counted = {outcome.value: getattr(self, outcome) + outcomes.get(outcome, 0) for outcome in RowOutcome}
        return type(self)(**counted, notes=self.notes + notes, similar=self.similar + similar)


def shortened(value: object) -> str:
    text = value if isinstance(value, str) else "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
