"""How fast an import is, next to the fastest that this database takes the same rows.

    DATABASE_URL=… python benchmarks/import_speed.py [--rows 20000] [--times 3]
    DATABASE_URL=… python benchmarks/import_speed.py --rows 1000000 --times 1

Raw is an executemany of an upsert, in one transaction, of the columns of Book alone, made ready while the clock stands;
the table has all its indexes and triggers. The import is all of it: decoding, parsing, cleaning, finding, Book,
authors, topics and links, history and search, a transaction for each thousand rows; “again” is a second import of the
same file. Each measurement is a process of its own, raw and import take turns, and the median counts. On a busy machine
the processor's times, of which the second ratio is, say more than the clock's: on SQLite, which runs in the process.
Memory is the most that the process held until 10 %, 50 % and 100 % of the rows; size is the database's, in times of
the file's. The books are those of generate.py. It works in a test database, never in the one that DATABASE_URL names.
"""

import argparse
import csv
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import batched, islice
from pathlib import Path
from typing import Any, NamedTuple

import django

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - after setup
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.generate import write_csv  # noqa: E402
from benchmarks.throwaway import throwaway_database  # noqa: E402
from books.importing import source, tables  # noqa: E402
from books.importing.importer import import_file  # noqa: E402
from books.importing.rows import cleaned  # noqa: E402
from books.metadata.record import EMPTY  # noqa: E402
from books.models import Book  # noqa: E402
from books.models.book_columns import columns  # noqa: E402

GUTENBERG = ROOT.parent / "shared/data/gutenberg/gutenberg_metadata.csv"
PORTION = 10_000  # rows that are made ready at a time
MARKS = (0.1, 0.5, 1.0)  # of the rows, at which memory is looked at


class Measured(NamedTuple):
    rows: int
    seconds: float
    processor: float  # seconds of it
    megabytes: list[int]  # the most the process held until each of the MARKS
    size: int  # of the database, bytes

    @property
    def speed(self) -> float:
        return self.rows / self.seconds


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


def raw(path: Path, _: int) -> tuple[Watch, list[int]]:
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
    return watch, []


def imported(path: Path, rows: int) -> tuple[Watch, list[int]]:
    watch, marks, held = Watch(), [mark * rows for mark in MARKS], list[int]()
    with watch:
        for progress in import_file(path):
            while marks and progress.totals.rows >= marks[0]:
                marks.pop(0)
                held.append(most_held())
    return watch, held


def most_held() -> int:
    """MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


Work = Callable[[Path, int], tuple[Watch, list[int]]]


def _in_test_database(name: str, work: Work, path: Path, rows: int) -> tuple[Watch, list[int]]:
    connection.settings_dict["NAME"] = name
    done = work(path, rows)
    connection.close()
    return done


def measured(work: Work, path: Path, rows: int, *, empty: bool = True) -> Measured:
    if empty:
        call_command("flush", interactive=False, verbosity=0)
    connection.close()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        watch, megabytes = pool.apply(_in_test_database, (connection.settings_dict["NAME"], work, path, rows))
    return Measured(rows, watch.seconds, watch.processor, megabytes, database_size())


def database_size() -> int:
    if connection.vendor == "sqlite":
        return Path(connection.settings_dict["NAME"]).stat().st_size
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def compare(label: str, path: Path, rows: int, times: int) -> None:
    raws, imports, agains = [], [], []
    for _ in range(times):
        raws.append(measured(raw, path, rows))
        imports.append(measured(imported, path, rows))
        agains.append(measured(imported, path, rows, empty=False))
    speeds = [statistics.median(run.speed for run in runs) for runs in (raws, imports, agains)]
    ratio = statistics.median(one.speed / other.speed for one, other in zip(imports, raws, strict=True))
    processor = statistics.median(other.processor / one.processor for one, other in zip(imports, raws, strict=True))
    memory = "/".join(str(max(held)) for held in zip(*(run.megabytes for run in imports), strict=True))
    size = max(run.size for run in imports) / path.stat().st_size
    cells = "".join(f"{speed:>11,.0f}" for speed in speeds)
    print(f"{label:<12}{rows:>9,}{cells}{ratio:>8.2f}{processor:>11.2f}{memory:>14} MB{size:>8.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000, help="rows to generate, and to take of Gutenberg's")
    parser.add_argument("--times", type=int, default=3, help="measurements of each; their median counts")
    arguments = parser.parse_args()
    with throwaway_database() as folder:
        heads = "".join(f"{head:>11}" for head in ("raw/s", "import/s", "again/s"))
        print(
            f"{connection.vendor:<12}{'rows':>9}{heads}{'ratio':>8}{'processor':>11}{'memory':>17}{'size':>8}",
            flush=True,
        )
        books = folder / "generated.csv"
        write_csv(books, arguments.rows)
        compare("generated", books, arguments.rows, arguments.times)
        if GUTENBERG.exists():
            some = folder / "gutenberg.csv"
            rows = _beginning(GUTENBERG, some, arguments.rows)
            compare("gutenberg", some, rows, arguments.times)


def _beginning(whole: Path, target: Path, count: int) -> int:
    with whole.open(newline="", encoding="utf-8") as file, target.open("w", newline="", encoding="utf-8") as copy:
        rows = list(islice(csv.reader(file), count + 1))
        csv.writer(copy).writerows(rows)
    return len(rows) - 1


if __name__ == "__main__":
    main()
