"""Runs scenarios by their names, from the command line."""

import argparse
import asyncio
import os
import resource
import time
from collections.abc import Iterable
from types import ModuleType

import uvloop

from benchmarks.chaos import report
from benchmarks.chaos.catalogue import Options


def run(package: ModuleType, modules: Iterable[ModuleType]) -> int:
    """The exit status: 1 if an aim was missed. A module with ON_POSTGRESQL runs there only."""
    scenarios = {module.__name__.rpartition(".")[2]: module for module in modules}
    parser = argparse.ArgumentParser(
        prog=f"python -m {package.__name__}",
        description=package.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(scenarios))
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, for a first look")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--rows", type=int, default=0, help="of imports, instead of what each scenario takes")
    given = parser.parse_args()
    if unknown := set(given.scenarios) - set(scenarios):
        parser.error(f"no scenario {', '.join(unknown)}: there are {', '.join(scenarios)}")
    open_files_without_end()
    for name in given.scenarios or scenarios:
        scenario = scenarios[name]
        title = (scenario.__doc__ or "").partition("\n")[0]
        on_postgres = given.postgres or getattr(scenario, "ON_POSTGRESQL", False)
        engine = "PostgreSQL" if on_postgres else "SQLite"
        print(f"\n{name}: {title} [{engine}, load {os.getloadavg()[0]:.1f}]")
        began = time.monotonic()
        options = Options(given.quick, on_postgres, given.rows)
        asyncio.run(scenario.run(options), loop_factory=uvloop.new_event_loop)
        print(f"     {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    return min(report.missed, 1)


def open_files_without_end() -> None:
    """Each connection is an open file."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
