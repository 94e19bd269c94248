"""This catalogue beside other ways to serve the same page of 20 books, newest first, from the same database.

    python -m benchmarks.compare [--only ours fastapi] [--database sqlite] [--rounds 3]

One server with one worker runs at a time; the rounds alternate between them. wrk asks over 16 connections from this
machine. Every answer must have the right status, and before and after each measurement the right books: else it ends.
`--write` puts the tables into docs/benchmarks.md. What is asked, and of whom:

json, html   the page, at one URL: whoever keeps answers has it ready (for others it is computed each time)
304          the same with If-None-Match, for those who send an ETag
cold         the page, each time at a URL never asked before, for those who keep answers
             (`unkept` is this catalogue without its memory: all of its answers are computed, at one URL)
writes       the JSON page, and every hundredth request a PATCH of a book's description
rows         (json, html) the pages of other rows each time, of 190 places; of those who compute each answer
filter       (json, html) the books of years that nobody has asked for, computed
book, home   these pages, computed

The other stacks are in benchmarks/peers, their packages in requirements-bench.txt, which `make bench` installs into
.venv-bench. Needs wrk (Debian: apt-get install wrk); PostgreSQL is a throwaway cluster.
"""

import argparse
import os
import shutil
import signal
import sys
import sysconfig
from contextlib import suppress

from benchmarks import machine
from benchmarks.compare import table
from benchmarks.compare.scenarios import SCENARIOS, Asked, keep_answers
from benchmarks.compare.serving import Shelf, running, shelf
from benchmarks.compare.stacks import DATABASES, PEERS_TOOLS, STACKS, Stack
from benchmarks.compare.table import Results


def arguments() -> argparse.Namespace:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m benchmarks.compare", description=__doc__, formatter_class=formatter)
    names = [stack.name for stack in STACKS]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--database", choices=DATABASES, help="one of the two")
    parser.add_argument("--scenario", choices=SCENARIOS, nargs="+", default=SCENARIOS)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=1, help="of each measurement")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    return parser.parse_args()


def measure(options: argparse.Namespace, stack: Stack, books: Shelf, results: Results) -> None:
    """One round of one stack."""
    with running(stack, books) as server:
        asked = Asked(server, stack, books, options.seconds)
        if stack.name == "ours":
            keep_answers(asked)
        asked.warm_up()
        for scenario in asked.scenarios():
            if scenario in options.scenario:
                results.measured[stack.name, scenario].append(asked.measure(scenario))
        results.megabytes[stack.name].append(max(map(machine.megabytes, server.children())))


def rounds(options: argparse.Namespace, database: str) -> Results:
    """All stacks, one after the other, again and again."""
    stacks = [stack for stack in STACKS if stack.name in options.only and database in stack.databases]
    results = Results(database, stacks)
    with shelf(database) as books:
        for number in range(options.rounds):
            for stack in results.stacks:
                print(f"{database}, round {number + 1}: {stack.name} [load {os.getloadavg()[0]:.1f}]", file=sys.stderr)
                measure(options, stack, books, results)
    return results


def main() -> None:
    options = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does, it ends the servers too
    if not shutil.which("wrk"):
        sys.exit("wrk is missing. To get it: apt-get install wrk (Debian), brew install wrk (macOS).")
    if not PEERS_TOOLS.exists() and {*options.only} - {"ours", "unkept"}:
        sys.exit("The other stacks are not installed: `make bench` does it.")
    is_optimized = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    print(f"Python {sys.version.split()[0]}, built {'with' if is_optimized else 'without'} PGO\n")
    measured = [rounds(options, database) for database in ([options.database] if options.database else DATABASES)]
    tables = "\n\n".join(map(table.written, measured))
    print(tables)
    if options.write:
        table.put_into_docs(tables)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
