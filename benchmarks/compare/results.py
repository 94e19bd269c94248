"""What was measured, by stack and scenario: medians."""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.compare.load import Measured
from benchmarks.compare.stacks import Stack

ENOUGH = 2  # undisturbed rounds; with fewer, the disturbed ones count too, and are marked


@dataclass
class Results:
    """Of one database."""

    database: str
    stacks: list[Stack]
    is_whole: bool = True  # False: a stack gave a wrong answer
    measured: dict[tuple[str, str], list[Measured]] = field(default_factory=lambda: defaultdict(list))
    first_answers: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # seconds
    megabytes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def forget(self, stack: Stack) -> None:
        self.is_whole = False
        self.stacks.remove(stack)

    def rate(self, stack: str, scenario: str) -> str:
        """Requests a second, with a mark if other programs disturbed that."""
        taken = self.measured[stack, scenario]
        calm = [one.rate for one in taken if not one.is_disturbed]
        is_calm = len(calm) >= min(ENOUGH, len(taken))
        counted = calm if is_calm else [one.rate for one in taken]
        return f"{statistics.median(counted):,.0f}{'' if is_calm else ' ~'}" if counted else "–"

    def cost(self, stack: str, scenario: str) -> str:
        """Microseconds of processor that a request takes of server and database: others hardly disturb that."""
        taken = self.measured[stack, scenario]
        return f"{statistics.median(one.cost for one in taken) * 1e6:,.0f}" if taken else "–"
