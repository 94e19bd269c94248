"""How fast an import is, next to the fastest that this database takes the same rows.

    DATABASE_URL=… python -m benchmarks.import_speed [--rows 20000] [--times 3]

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
from pathlib import Path
from typing import Any, NamedTuple, cast

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from benchmarks import set_up  # comes first
from benchmarks.chaos.report import figure
from benchmarks.generate import write_csv
from books.importing import source, tables
from books.importing.importer import import_file
from books.importing.rows import cleaned
from books.metadata.record import EMPTY, Record
from books.models import Book
from books.models.book_columns import columns

Work = Callable[[], object]


class Measured(NamedTuple):
    seconds: float
    processor: float  # seconds of it
    megabytes: int


def raw(path: Path) -> Work:
    """Gives the database the rows of Book alone, by the shortest way there is to it."""
    rows = list(_full_rows(path))
    kept = ", ".join(f"{name} = excluded.{name}" for name in rows[0] if name not in {"source_key", "created_at"})
    sql = (
        f"INSERT INTO {Book._meta.db_table} ({', '.join(rows[0])}) VALUES ({', '.join(['%s'] * len(rows[0]))}) "
        f"ON CONFLICT (source_key) DO UPDATE SET {kept}"
    )

    @transaction.atomic
    def work() -> None:
        with connection.cursor() as cursor:
            cursor.executemany(sql, [tuple(row.values()) for row in rows])

    return work


def _full_rows(path: Path) -> Iterator[dict[str, Any]]:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with path.open("rb") as file, source.opened(file) as text:
        table = tables.opened(text, {})
        given = (cleaned(row, table.format).fields for row in table.rows(table.start, table.before))
        records = (cast("Record", {**EMPTY, **fields}) for fields in given if "title" in fields)
        for found in columns(records, {}):
            yield {**found, "version": 1, "created_at": now, "updated_at": now}


def imported(path: Path) -> Work:
    return lambda: list(import_file(path))


def _timed(prepare: Callable[[Path], Work], path: Path) -> Measured:
    work = prepare(path)
    began, processor = time.perf_counter(), time.process_time()
    work()
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    return Measured(seconds, processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)


def measured(prepare: Callable[[Path], Work], path: Path) -> Measured:
    connection.close()  # the other process, which is a copy of this one, opens its own
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(_timed, (prepare, path))


def compare(path: Path, rows: int, times: int) -> None:
    raws, imports, agains = list[Measured](), list[Measured](), list[Measured]()
    for _ in range(times):
        for runs, prepare in ((raws, raw), (imports, imported)):
            call_command("flush", interactive=False, verbosity=0)
            runs.append(measured(prepare, path))
        agains.append(measured(imported, path))
    for name, runs in (("raw", raws), ("import", imports), ("again", agains)):
        figure(name, f"{statistics.median(rows / run.seconds for run in runs):,.0f} rows/s")
    seconds = statistics.median(raw.seconds / one.seconds for one, raw in zip(imports, raws, strict=True))
    processor = statistics.median(raw.processor / one.processor for one, raw in zip(imports, raws, strict=True))
    figure("import against raw", f"{seconds:.2f}, by processor time {processor:.2f}")
    figure("memory", f"{max(run.megabytes for run in imports)} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=3, help="measurements of each; their median counts")
    arguments = parser.parse_args()
    with set_up.throwaway_database() as folder:
        path = folder / "books.csv"
        write_csv(path, arguments.rows)
        compare(path, arguments.rows, arguments.times)


if __name__ == "__main__":
    main()
