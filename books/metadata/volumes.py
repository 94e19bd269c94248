"""Which volumes of a series there are, and which are missing. Pure functions."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from books.metadata import numbers

MOST_LISTED = 20  # runs of volumes in a sentence
MOST_MISSING = 1000  # missing volumes that are told one by one
LONGEST = 1000  # volumes in one book
_SEVERAL = re.compile(r"(?<![\d.,])(\d{1,6})\s*(?:-|~|&|\+|/|to|and)\s*(\d{1,6})(?![.,]?\d)")

Run = tuple[int | Decimal, int | Decimal]  # from one volume to another


@dataclass(frozen=True)
class Volumes:
    """`total`: how many there are in all, if that is known."""

    have: list[Run]
    missing: list[Run]
    total: int | None
    unnumbered: int  # books

    @classmethod
    def of(
        cls, places: Iterable[tuple[Decimal | None, str]], total: int | None = None, *, is_complete: bool = False
    ) -> "Volumes":
        """Of the numbers of the books and their labels. Without a total only what lies between two is missing."""
        every = [*places]
        numbered = [(number, label) for number, label in every if number is not None]
        unnumbered = len(every) - len(numbered)
        known = {number for number, _ in numbered}
        runs = _joined(run for number, label in numbered if (run := held(number, label, known)))
        between = {number for number in known if number % 1}
        missing: list[Run] = []
        if not is_complete and (runs or (total and not unnumbered)):
            first, last = (1, total) if total else (runs[0][0], runs[-1][1])
            missing = list(_gaps(runs, first, last))
        return cls(list(_parted(runs, sorted(between))), missing, total, unnumbered)

    def missing_numbers(self) -> list[int]:
        numbers: list[int] = []
        for first, last in self.missing:
            numbers += range(int(first), min(int(last), int(first) + MOST_MISSING) + 1)
        return numbers[:MOST_MISSING]

    def __str__(self) -> str:
        """`You have 1, 2, 4 of 7; missing 3, 5–7`; empty if no number is known."""
        if not self.have:
            return f"You have none of {self.total}" if self.total and not self.unnumbered else ""
        if self.total and not self.missing and _joined(self.have) == [(1, self.total)]:
            return f"You have all {self.total}"
        of = f" of {self.total}" if self.total else ""
        missing = f"; missing {written(self.missing)}" if self.missing else ""
        return f"You have {written(self.have)}{of}{missing}"


def held(number: Decimal, label: str, known: Container[Decimal | int] = ()) -> tuple[int, int] | None:
    """The first and the last volume in a book: 1 to 3 of `1-3`; none for what comes between two volumes."""
    if several := _SEVERAL.search(numbers.plain(label)):
        first, last = int(several[1]), int(several[2])
        if number == first < last <= first + LONGEST:
            return first, last
    if number % 1:
        return None
    is_second = number == 3 and numbers.is_part(label) and 2 not in known  # 上 and 下, without 中
    whole = 2 if is_second else int(number)
    return whole, whole


def written(runs: Iterable[Run]) -> str:
    """`1, 2, 4–7`."""
    found = [*runs]
    texts = [
        _number(first) if first == last else f"{_number(first)}{', ' if last - first == 1 else '–'}{_number(last)}"
        for first, last in found[:MOST_LISTED]
    ]
    return ", ".join([*texts, *["…"] * (len(found) > MOST_LISTED)])


def _number(volume: int | Decimal) -> str:
    return str(volume) if isinstance(volume, int) else f"{volume.normalize():f}"


def _joined(runs: Iterable[Run]) -> list[Run]:
    """The runs in order, those that touch as one."""
    found: list[Run] = []
    for first, last in sorted(runs):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found


def _gaps(runs: Iterable[Run], first: int | Decimal, last: int | Decimal) -> Iterator[Run]:
    """What lies from `first` to `last` between the runs."""
    for begin, end in runs:
        if first < begin:
            yield first, min(begin - 1, last)
        first = max(first, end + 1)
        if first > last:
            return
    if first <= last:
        yield first, last


def _parted(runs: Iterable[Run], between: list[Decimal]) -> Iterator[Run]:
    """The runs and what comes between volumes, in order."""
    ahead = [*between]
    for first, last in runs:
        begin = first
        while ahead and ahead[0] < last:
            volume = ahead.pop(0)
            if begin < volume:
                yield begin, int(volume)
                begin = int(volume) + 1
            yield volume, volume
        yield begin, last
    yield from ((volume, volume) for volume in ahead)
