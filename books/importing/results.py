"""What becomes of the rows of a file: each is created, updated, unchanged or rejected."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Self

REJECT_COLUMNS = ("line", "field", "reason")  # what a file of rejects has besides: mended, it can be imported as it is
SHOWN = 100  # characters of a value in a report


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class RowError(Exception):
    """A row, or one field of it, that cannot be imported, and the reason in words."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(field, value, reason)
        self.field, self.value, self.reason = field, shortened(value), reason


class Reject(NamedTuple):
    line: int
    field: str  # "" where it is the row as a whole
    value: str
    reason: str
    cells: Sequence[str] = ()  # as they stand in the file


class Note(NamedTuple):
    """What is to be known of a row that was imported: without this field, or beside a book like it."""

    line: int
    field: str
    value: str
    reason: str


class Totals(NamedTuple):
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    notes: int = 0
    similar: int = 0  # of those created: that may be books which were here already

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.rejected

    def plus(self, outcomes: Mapping[Outcome, int], notes: int, similar: int) -> Self:
        counted = {outcome.value: getattr(self, outcome) + outcomes.get(outcome, 0) for outcome in Outcome}
        return type(self)(**counted, notes=self.notes + notes, similar=self.similar + similar)


def shortened(value: object) -> str:
    text = value if isinstance(value, str) else "; ".join(value) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
