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
import time
from itertools import chain
from typing import Any

from django.db import connection

from benchmarks import set_up  # comes first
from benchmarks.generate import fill
from benchmarks.throwaway import throwaway_database
from tests.walks import LISTS, UNSETTLED, Writer, astray, walked


def write_on(name: str, last: int, stop: Any, writes: Any) -> None:
    """In a process of its own: write until it is told to stop, and count."""
    connection.settings_dict["NAME"] = name
    writer = Writer(range(1, last + 1))
    while not stop.is_set():
        writer.write()
        writes.value += 1
    connection.close()


def report(settled_books: dict[str, set[int]], size: int, writes: Any) -> bool:
    """Walk through every list; whether each book was seen as it should be."""
    is_right = True
    print(f"{connection.vendor:<34}{'':<7}{'books':>9}{'pages':>8}{'writes':>8}{'missed':>8}{'repeated':>10}")
    for query, settled in settled_books.items():
        before = writes.value
        there, back = asyncio.run(walked(query, size))
        written = writes.value - before
        for way, pages in (("there", there), ("back", back)):
            missed, repeated = astray(pages, settled)
            is_right = is_right and not (missed or repeated)
            counts = f"{len(settled):>9,}{len(pages):>8,}{written:>8,}{missed:>8}{repeated:>10}"
            print(f"{query:<34}{way:<7}{counts}", flush=True)
    return is_right


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
    with throwaway_database():
        fill(options.rows)
        sys.exit(0 if _beside_a_writer(options.rows, options.size) else 1)


def _beside_a_writer(rows: int, size: int) -> bool:
    spawn = multiprocessing.get_context("spawn")
    settled_books = {query: settled_in(query) for query in LISTS}
    stop, writes = spawn.Event(), spawn.Value("l", 0)
    writer = spawn.Process(target=write_on, args=(connection.settings_dict["NAME"], rows, stop, writes), daemon=True)
    writer.start()
    try:
        while writer.is_alive() and not writes.value:
            time.sleep(0.05)
        is_right = report(settled_books, size, writes)
        if not writer.is_alive():
            raise SystemExit("The writer has failed: it says above why.")
        return is_right
    finally:
        stop.set()
        writer.join(30)


if __name__ == "__main__":
    main()
