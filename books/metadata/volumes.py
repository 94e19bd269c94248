"""The volumes of a series: those in the catalogue and those missing. Pure functions."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice, pairwise

from books.metadata import numbers

MOST_LISTED = 20  # runs of volumes in a sentence
MOST_MISSING = 1000  # missing volumes listed one by one
LONGEST = 1000  # volumes in one book
_SEVERAL = re.compile(r"(?<![\d.,])(\d{1,6})\s*(?:-|~|&|\+|/|to|and)\s*(\d{1,6})(?![.,]?\d)")

Run = tuple[int | Decimal, int | Decimal]  # from one volume to another


@dataclass(frozen=True)
class Volumes:
    """`total`: the number of volumes in the whole series, if known."""

    have: list[Run]
    missing: list[tuple[int, int]]
    total: int | None
    unnumbered: int  # books

    @classmethod
    def of(
        cls, places: Iterable[tuple[Decimal | None, str]], total: int | None = None, *, is_complete: bool = False
    ) -> "Volumes":
        """From the books' numbers and labels. Without a total, only gaps between two volumes count as missing."""
        every = [*places]
        numbered = [(number, label) for number, label in every if number is not None]
        unnumbered = len(every) - len(numbered)
        known = {number for number, _ in numbered}
        whole = sorted({volume for number, label in numbered for volume in volumes_in(number, label, known)})
        missing: list[tuple[int, int]] = []
        if not is_complete and (whole or (total and not unnumbered)):
            first, last = (1, total) if total else (whole[0], whole[-1])
            ends = [first - 1, *(volume for volume in whole if first <= volume <= last), last + 1]
            missing = [(before + 1, after - 1) for before, after in pairwise(ends) if after - before > 1]
        between = {number for number in known if number % 1}
        return cls(_runs(sorted({*whole, *between})), missing, total, unnumbered)

    def missing_numbers(self) -> list[int]:
        every = chain.from_iterable(range(first, last + 1) for first, last in self.missing)
        return list(islice(every, MOST_MISSING))

    def __str__(self) -> str:
        """`Volumes here: 1, 2, 4 of 7; missing 3, 5–7`; empty without any numbers."""
        if not self.have:
            return f"Volumes here: none of {self.total}" if self.total and not self.unnumbered else ""
        whole = sum(last - first + 1 for first, last in self.have if isinstance(first, int))
        if (self.have[0][0], self.have[-1][1], whole) == (1, self.total, self.total):
            return f"Volumes here: all {self.total}"
        of = f" of {self.total}" if self.total else ""
        missing = f"; missing {format_runs(self.missing)}" if self.missing else ""
        return f"Volumes here: {format_runs(self.have)}{of}{missing}"


def volumes_in(number: Decimal, label: str, known: Container[Decimal | int] = ()) -> Iterable[int]:
    """The volumes in a book: 1 to 3 for `1-3`; none for a book between two volumes."""
    if several := _SEVERAL.search(numbers.in_digits(label)):
        first, last = int(several[1]), int(several[2])
        if number == first < last <= first + LONGEST:
            return range(first, last + 1)
    if number % 1:
        return []
    is_second = number == 3 and numbers.is_part(label) and 2 not in known  # 上 and 下, without 中
    return [2 if is_second else int(number)]


def format_runs(runs: Iterable[Run]) -> str:
    """`1, 2, 4–7`."""
    found = [*runs]
    texts = [
        _number(first) if first == last else f"{_number(first)}{', ' if last - first == 1 else '–'}{_number(last)}"
        for first, last in found[:MOST_LISTED]
    ]
    return ", ".join([*texts, *["…"] * (len(found) > MOST_LISTED)])


def _number(volume: int | Decimal) -> str:
    return str(volume) if isinstance(volume, int) else f"{volume.normalize():f}"


def _runs(volumes: Iterable[int | Decimal]) -> list[Run]:
    found: list[Run] = []
    for volume in volumes:
        if found and isinstance(volume, int) and volume == found[-1][1] + 1:
            found[-1] = found[-1][0], volume
        else:
            found.append((volume, volume))
    return found
