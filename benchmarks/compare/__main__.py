import argparse
import os
import shutil
import sys
import sysconfig
from contextlib import suppress

from benchmarks import compare
from benchmarks.compare import table
from benchmarks.compare.scenarios import SCENARIOS, Asked, keep_answers
from benchmarks.compare.serving import Shelf, running, shelf
from benchmarks.compare.stacks import DATABASES, PEERS_TOOLS, STACKS, Stack
from benchmarks.compare.table import Results


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare",
        description=compare.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [stack.name for stack in STACKS]
    parser.add_argument("--only", default=",".join(names), help=f"of {', '.join(names)}")
    parser.add_argument("--database", choices=DATABASES, help="one of the two")
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="instead of all; may be repeated")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=1, help="of each measurement")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args()
    if unknown := set(options.only.split(",")) - set(names):
        parser.error(f"there is no {', '.join(unknown)}: there are {', '.join(names)}")
    return options


def measure(options: argparse.Namespace, stack: Stack, books: Shelf, results: Results) -> None:
    """One round of one stack."""
    with running(stack, books) as server:
        asked = Asked(server, stack, books, options.seconds)
        if stack.name == "ours":
            keep_answers(asked)
        asked.warm_up()
        for scenario in asked.scenarios():
            if not options.scenario or scenario in options.scenario:
                results.measured[stack.name, scenario].append(asked.measure(scenario))
        results.megabytes[stack.name].append(server.megabytes())


def rounds(options: argparse.Namespace, database: str) -> Results:
    """All stacks, one after the other, again and again."""
    only = options.only.split(",")
    results = Results(database, [stack for stack in STACKS if stack.name in only and database in stack.databases])
    with shelf(database) as books:
        for number in range(options.rounds):
            for stack in results.stacks:
                print(f"{database}, round {number + 1}: {stack.name} [load {os.getloadavg()[0]:.1f}]", file=sys.stderr)
                measure(options, stack, books, results)
    return results


def main() -> None:
    options = arguments()
    if not shutil.which("wrk"):
        sys.exit("wrk is missing. To get it: apt-get install wrk (Debian), brew install wrk (macOS).")
    if not PEERS_TOOLS.exists() and set(options.only.split(",")) - {"ours", "unkept"}:
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
