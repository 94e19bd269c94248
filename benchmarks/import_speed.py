"""How fast an import is, next to the fastest that this database takes the same rows.

    DATABASE_URL=… python -m benchmarks.import_speed [--rows 20000] [--times 3]
    DATABASE_URL=… python -m benchmarks.import_speed --rows 1000000 --times 1

Raw is an executemany of an upsert, in one transaction, of the columns of Book alone, made ready while the clock stands;
the table has all its indexes and triggers. The import is all of it: decoding, parsing, cleaning, finding, Book,
authors, topics and links, history and search, a transaction for each thousand rows; “again” is a second import of the
same file. Each measurement is a process of its own, raw and import take turns, and the median counts. On a busy machine
the processor's times, of which the second ratio is, say more than the clock's: on SQLite, which runs in the process.
Memory is the most that the process held. The books are those of generate.py. It works in a test database, never in the
one that DATABASE_URL names.
"""

import argparse
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from benchmarks import set_up  # noqa: F401 - comes first
from benchmarks.generate import write_csv
from benchmarks.throwaway import throwaway_database
from books.importing import source, tables
from books.importing.importer import import_file
from books.importing.rows import cleaned
from books.metadata.record import EMPTY
from books.models import Book
from books.models.book_columns import columns

PORTION = 10_000  # rows that are made ready at a time


class Measured(NamedTuple):
    seconds: float
    processor: float  # seconds of it
    megabytes: int


class Watch:
    """Adds up the time of its blocks, by the clock and by the processor."""

    def __init__(self) -> None:
        self.seconds = self.processor = 0.0

    def __enter__(self) -> None:
        self.seconds -= time.perf_counter()
        self.processor -= time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter()
        self.processor += time.process_time()


def _full_rows(path: Path) -> Iterator[dict[str, Any]]:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with path.open("rb") as file, source.opened(file) as text:
        table = tables.opened(text, {})
        for row in table.rows(table.start, table.before):
            fields = cleaned(row, table.format).fields
            if "title" in fields:
                yield {**columns({**EMPTY, **fields}), "version": 1, "created_at": now, "updated_at": now}  # type: ignore[typeddict-item]


def raw(path: Path) -> Watch:
    """How long the database takes for the rows of Book alone, by the shortest way there is to it."""
    names = list(next(_full_rows(path)))
    kept = ", ".join(f"{name} = excluded.{name}" for name in names if name not in {"source_key", "created_at"})
    sql = (
        f"INSERT INTO {Book._meta.db_table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) "
        f"ON CONFLICT (source_key) DO UPDATE SET {kept}"
    )
    watch = Watch()
    transaction.set_autocommit(False)
    with connection.cursor() as cursor:
        for rows in batched(_full_rows(path), PORTION):
            values = [tuple(row.values()) for row in rows]
            with watch:
                cursor.executemany(sql, values)
        with watch:
            transaction.commit()
    return watch


def imported(path: Path) -> Watch:
    watch = Watch()
    with watch:
        for _ in import_file(path):
            pass
    return watch


def _in_test_database(name: str, work: Callable[[Path], Watch], path: Path) -> Measured:
    connection.settings_dict["NAME"] = name
    watch = work(path)
    connection.close()
    return Measured(watch.seconds, watch.processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)


def measured(work: Callable[[Path], Watch], path: Path) -> Measured:
    connection.close()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_in_test_database, (connection.settings_dict["NAME"], work, path))


def compare(path: Path, rows: int, times: int) -> None:
    raws, imports, agains = list[Measured](), list[Measured](), list[Measured]()
    for _ in range(times):
        for runs, work in ((raws, raw), (imports, imported)):
            call_command("flush", interactive=False, verbosity=0)
            runs.append(measured(work, path))
        agains.append(measured(imported, path))
    for name, runs in (("raw", raws), ("import", imports), ("again", agains)):
        print(f"{name}: {statistics.median(rows / run.seconds for run in runs):,.0f} rows/s")
    ratio = statistics.median(other.seconds / one.seconds for one, other in zip(imports, raws, strict=True))
    processor = statistics.median(other.processor / one.processor for one, other in zip(imports, raws, strict=True))
    print(f"import against raw: {ratio:.2f}, by processor time {processor:.2f}")
    print(f"memory: {max(run.megabytes for run in imports)} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=3, help="measurements of each; their median counts")
    arguments = parser.parse_args()
    with throwaway_database() as folder:
        path = folder / "books.csv"
        write_csv(path, arguments.rows)
        compare(path, arguments.rows, arguments.times)


if __name__ == "__main__":
    main()
