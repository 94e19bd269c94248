"""What was measured, by stack and scenario, as tables for docs/benchmarks.md: medians."""

import statistics
from collections import defaultdict

from benchmarks.compare.load import Measured
from benchmarks.compare.scenarios import SCENARIOS
from benchmarks.compare.stacks import Stack
from tests.server.running import PROJECT

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Results:
    """Of one database, by stack and scenario."""

    def __init__(self, database: str, stacks: list[Stack]) -> None:
        self.database, self.stacks = database, stacks
        self.measured = defaultdict[tuple[str, str], list[Measured]](list)
        self.megabytes = defaultdict[str, list[float]](list)


def written(results: Results) -> str:
    """Requests a second, then microseconds of processor that each takes of server and database."""
    rates, costs = [], []
    for stack in results.stacks:
        taken = [results.measured[stack.name, scenario] for scenario in SCENARIOS]
        memory = f"{max(results.megabytes[stack.name]):.0f} MB"
        rates.append(row(stack.title, [*(median([one.rate for one in found]) for found in taken), memory]))
        costs.append(row(stack.title, [median([one.cost * 1e6 for one in found]) for found in taken]))
    place, heads = f"{NAMES[results.database]}, 1 worker", list(SCENARIOS.values())
    of_rates = [row(f"{place}: requests/s", [*heads, "memory"]), ruler(len(heads) + 1), *rates]
    return "\n".join([*of_rates, "", row(f"{place}: µs of processor", heads), ruler(len(heads)), *costs])


def median(figures: list[float]) -> str:
    return f"{statistics.median(figures):,.0f}" if figures else "–"


def row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def ruler(columns: int) -> str:
    return f"|---|{'---:|' * columns}"


def put_into_docs(tables: str) -> None:
    file = PROJECT / "docs/benchmarks.md"
    before, _, rest = file.read_text().partition(BEGIN)
    file.write_text(f"{before}{BEGIN}\n{tables}\n{END}{rest.partition(END)[2]}")
