"""The table of docs/benchmarks.md."""

import statistics
from collections.abc import Iterable

from benchmarks.compare.results import Results
from benchmarks.compare.stacks import STACKS
from tests.server.running import PROJECT

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
HEAD = (
    "JSON",
    "page",
    "304",
    "JSON, new address",
    "page, new address",
    "1 % writes",
    "filtered",
    "processor",
    "first answer",
    "memory",
)
SCENARIOS = "json", "html", "304", "cold json", "cold html", "writes", "filtered"


def written(all_results: Iterable[Results]) -> str:
    return "\n\n".join(one(results) for results in all_results)


def one(results: Results) -> str:
    workers = f"{results.workers} worker{'s' if results.workers > 1 else ''}"
    lines = [
        f"| {NAMES[results.database]}, {workers} | {' | '.join(HEAD)} |",
        f"|---|{'---:|' * len(HEAD)}",
    ]
    for stack in STACKS:
        if (stack.name, "json") in results.rates:
            cells = [results.told(stack.name, scenario) for scenario in SCENARIOS]
            cost = f"{results.cost(stack.name, 'json'):,.0f} µs"
            first = f"{statistics.median(results.first_answers[stack.name]):.1f} s"
            memory = f"{max(results.megabytes[stack.name]):.0f} MB"
            lines.append(f"| {stack.title} | {' | '.join((*cells, cost, first, memory))} |")
    return "\n".join(lines)


def write(all_results: Iterable[Results]) -> None:
    """Put it between the marks in docs/benchmarks.md."""
    file = PROJECT / "docs/benchmarks.md"
    before, mark, rest = file.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise SystemExit(f"docs/benchmarks.md has no place for the table: it goes between {BEGIN} and {END}.")
    file.write_text(f"{before}{BEGIN}\n{written(all_results)}\n{END}{after}")
