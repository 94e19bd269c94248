"""What was measured, by stack and scenario: medians, spread, ratios."""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.compare.load import Measured
from benchmarks.compare.stacks import Stack

ENOUGH = 2  # undisturbed rounds; with fewer, the disturbed ones count too, and are marked


@dataclass
class Results:
    """Of one database and one number of workers."""

    database: str
    workers: int
    stacks: list[Stack]
    is_whole: bool = True  # False: a stack gave a wrong answer
    rates: dict[tuple[str, str], list[Measured]] = field(default_factory=lambda: defaultdict(list))
    first_answers: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # seconds
    megabytes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def forget(self, stack: str) -> None:
        self.is_whole = False
        for key in [key for key in self.rates if key[0] == stack]:
            del self.rates[key]

    def counted(self, stack: str, scenario: str) -> tuple[list[float], bool]:
        """The rates that count, and whether others disturbed them."""
        taken = self.rates.get((stack, scenario), [])
        calm = [one.rate for one in taken if not one.is_disturbed]
        if len(calm) >= min(ENOUGH, len(taken)):
            return calm, False
        return [one.rate for one in taken], True

    def rate(self, stack: str, scenario: str) -> float | None:
        rates, _ = self.counted(stack, scenario)
        return statistics.median(rates) if rates else None

    def told(self, stack: str, scenario: str) -> str:
        rates, disturbed = self.counted(stack, scenario)
        return f"{statistics.median(rates):,.0f}{' ~' if disturbed else ''}" if rates else "–"

    def spread(self, stack: str, scenario: str) -> str:
        rates, disturbed = self.counted(stack, scenario)
        lost = len(self.rates[stack, scenario]) - len(rates)
        discarded = f", {lost} disturbed left out" if lost else ", disturbed" if disturbed else ""
        return f"{min(rates):,.0f} to {max(rates):,.0f}{discarded}"

    def cost(self, stack: str, scenario: str) -> float | None:
        """Microseconds of processor that a request takes of server and database: others hardly disturb that."""
        taken = self.rates.get((stack, scenario), [])
        return statistics.median(one.cost for one in taken) * 1e6 if taken else None

    def size(self, stack: str, scenario: str) -> float:
        return statistics.median(one.size for one in self.rates[stack, scenario])

    def ratio(self, one: tuple[str, str], other: tuple[str, str]) -> float | None:
        above, below = self.rate(*one), self.rate(*other)
        return above / below if above and below else None

    def cost_ratio(self, one: tuple[str, str], other: tuple[str, str]) -> float:
        """How many times as much of a processor the other takes."""
        return (self.cost(*other) or 0.0) / (self.cost(*one) or 1.0)
