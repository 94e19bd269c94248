"""Whether who walks through a list sees every book once while others write: each sort, page by page, there and back.

    python -m benchmarks.walks [--rows 100000] [--size 100]
    python -m tests.postgres python -m benchmarks.walks

Another process adds, changes and removes books meanwhile, as fast as it can. To a tenth of the books it gives new
titles and years, or it removes them; of the others it changes what they are not sorted by. Those must be seen exactly
once, on the way there and on the way back. It works in a test database, never in the one that DATABASE_URL names.
"""

import argparse
import asyncio
import multiprocessing
import sys
from itertools import chain
from typing import Any

from django.db import connection

from benchmarks import set_up  # comes first
from benchmarks.chaos import report
from benchmarks.generate import fill
from tests.walks import LISTS, UNSETTLED, Writer, astray, walked


def write_on(last: int, stop: Any, writes: Any) -> None:
    """In a process of its own: write until it is told to stop, and count."""
    writer = Writer(range(1, last + 1))
    while not stop.is_set():
        writer.write()
        writes.value += 1
    connection.close()


def walk(settled_books: dict[str, set[int]], size: int, writes: Any) -> None:
    """Through every list, there and back."""
    for query, settled in settled_books.items():
        before = writes.value
        ways = asyncio.run(walked(query, size))
        counts = f"{len(settled):,} books on {len(ways[0]):,} pages, {writes.value - before:,} writes meanwhile"
        missed, repeated = map(sum, zip(*(astray(pages, settled) for pages in ways), strict=True))
        told = f"{counts}: {missed} missed, {repeated} repeated"
        report.figure(query, told, aim="0, 0", reached=not missed and not repeated)


def settled_in(query: str) -> set[int]:
    """The books of the list that stay where they are, read before anybody writes."""
    there, _ = asyncio.run(walked(query, 100))
    return {pk for pk in chain.from_iterable(there) if pk % UNSETTLED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=100, help="books on a page")
    options = parser.parse_args()
    set_up.for_requests()
    with set_up.throwaway_database():
        fill(options.rows)
        settled_books = {query: settled_in(query) for query in LISTS}
        connection.close()  # the writer, which is a copy of this process, opens its own
        fork = multiprocessing.get_context("fork")
        stop, writes = fork.Event(), fork.Value("l", 0)
        writer = fork.Process(target=write_on, args=(options.rows, stop, writes), daemon=True)
        writer.start()
        walk(settled_books, options.size, writes)
        stop.set()
        writer.join(30)
    assert not writer.exitcode, "The writer has failed: it says above why."
    sys.exit(min(report.missed, 1))


if __name__ == "__main__":
    main()
