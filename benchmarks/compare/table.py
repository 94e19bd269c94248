"""The table of docs/benchmarks.md."""

import statistics
from collections.abc import Iterable

from benchmarks.compare.results import Results
from tests.server.running import PROJECT

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
HEADS = {
    "json": "JSON",
    "html": "page",
    "304": "304",
    "cold json": "JSON, new address",
    "cold html": "page, new address",
    "writes": "1 % writes",
    "rows json": "JSON, other rows",
    "rows html": "page, other rows",
    "filter json": "JSON, new filter",
    "filter html": "page, new filter",
    "book html": "a book's page",
    "home html": "home",
}


def written(all_results: Iterable[Results]) -> str:
    return "\n\n".join(one(results) for results in all_results)


def one(results: Results) -> str:
    """Requests a second, then microseconds of processor that each takes of server and database."""
    rates, costs = [], []
    for stack in results.stacks:
        first = f"{statistics.median(results.first_answers[stack.name]):.1f} s"
        memory = f"{max(results.megabytes[stack.name]):.0f} MB"
        rates.append(row(stack.title, [*(results.rate(stack.name, scenario) for scenario in HEADS), first, memory]))
        costs.append(row(stack.title, [results.cost(stack.name, scenario) for scenario in HEADS]))
    place, heads = f"{NAMES[results.database]}, 1 worker", list(HEADS.values())
    of_rates = [row(f"{place}: requests/s", [*heads, "first answer", "memory"]), ruler(len(heads) + 2), *rates]
    return "\n".join([*of_rates, "", row(f"{place}: µs of processor", heads), ruler(len(heads)), *costs])


def row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def ruler(columns: int) -> str:
    return f"|---|{'---:|' * columns}"


def write(all_results: Iterable[Results]) -> None:
    """Put it between the marks in docs/benchmarks.md."""
    file = PROJECT / "docs/benchmarks.md"
    before, mark, rest = file.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise SystemExit(f"docs/benchmarks.md has no place for the table: it goes between {BEGIN} and {END}.")
    file.write_text(f"{before}{BEGIN}\n{written(all_results)}\n{END}{after}")
