import argparse
import os
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import suppress

from benchmarks import compare
from benchmarks.compare import load, table
from benchmarks.compare.load import WrongAnswer
from benchmarks.compare.results import Results
from benchmarks.compare.scenarios import SCENARIOS, Asked, keep_answers
from benchmarks.compare.serving import Shelf, running, shelf
from benchmarks.compare.stacks import DATABASES, PEERS_TOOLS, STACKS, Stack


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
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1, help="of each measurement")
    parser.add_argument("--minutes", type=float, default=1000, help="of one table, after which no round begins")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args()
    if unknown := set(options.only.split(",")) - set(names):
        parser.error(f"there is no {', '.join(unknown)}: there are {', '.join(names)}")
    return options


def compared(options: argparse.Namespace, database: str) -> list[Stack]:
    wanted = options.only.split(",")
    return [stack for stack in STACKS if stack.name in wanted and database in stack.databases]


def measure(options: argparse.Namespace, stack: Stack, books: Shelf, results: Results) -> None:
    """One round of one stack."""
    with running(stack, books) as (server, first_answer):
        asked = Asked(server, books, options.seconds)
        asked.check()
        if stack.name == "ours":
            keep_answers(asked)
        results.first_answers[stack.name].append(first_answer)
        asked.warm_up()
        for scenario in asked.scenarios():
            if not options.scenario or scenario in options.scenario:
                results.measured[stack.name, scenario].append(asked.measure(scenario))
        results.megabytes[stack.name].append(server.megabytes())


def rounds(options: argparse.Namespace, database: str, books: Shelf) -> Results:
    """All stacks, one after the other, again and again."""
    results = Results(database, compared(options, database))
    began = time.monotonic()
    for number in range(options.rounds):
        used = time.monotonic() - began
        if number and used * (number + 1) / number > options.minutes * 60:
            print(f"     {number} rounds: there is no time for another", file=sys.stderr)
            break
        for stack in list(results.stacks):
            try:
                measure(options, stack, books, results)
            except WrongAnswer as error:
                print(f"MISS {stack.title} is not compared: {error}")
                results.forget(stack)
            print(f"     round {number + 1}, {stack.name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return results


def all_results(options: argparse.Namespace) -> Iterator[Results]:
    for database in [options.database] if options.database else DATABASES:
        print(f"\n{database} [load {os.getloadavg()[0]:.1f}]", flush=True)
        with shelf(database) as books:
            yield rounds(options, database, books)


def python_measured() -> str:
    is_optimized = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    return f"Python {sys.version.split()[0]}, built {'with' if is_optimized else 'without'} PGO"


def main() -> int:
    options = arguments()
    load.need_wrk()
    if not PEERS_TOOLS.exists() and any(stack.tools == PEERS_TOOLS for stack in compared(options, "sqlite")):
        sys.exit("The other stacks are not installed: `make bench` does it.")
    print(python_measured())
    began = time.monotonic()
    measured: list[Results] = []
    for results in all_results(options):
        measured.append(results)
        if options.write:
            table.write(measured)
    print(f"\n{table.written(measured)}\n\n{(time.monotonic() - began) / 60:.1f} minutes")
    return not all(results.is_whole for results in measured)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
