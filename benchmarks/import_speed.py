"""How fast an import is, next to the fastest that this database takes the same rows.

    DATABASE_URL=… python benchmarks/import_speed.py [--rows 20000] [--times 3]

Raw is one executemany of an upsert, in one transaction, of the columns of Book alone, made ready before the clock
starts. The import is all of it: decoding, parsing, cleaning, finding, Book, authors, topics and links, a transaction
for each thousand rows; “again” is a second import of the same file. Each measurement is a process of its own, raw
and import take turns, and the median counts. It works in a test database, never in the one that DATABASE_URL names.
"""

import argparse
import csv
import multiprocessing
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
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
from stdnum import ean  # noqa: E402

from books.importing import encoding, tables  # noqa: E402
from books.importing.files import import_file  # noqa: E402
from books.importing.rows import cleaned  # noqa: E402
from books.models import Book  # noqa: E402
from books.models.book import columns  # noqa: E402
from books.record import CLEANERS, EMPTY  # noqa: E402

GUTENBERG = ROOT.parent / "shared/data/gutenberg/gutenberg_metadata.csv"
SYLLABLES = "ka mo ri ta lo ven del san tor mi na be gu ra sol in ar el ost wy".split()
TOPICS = "Novels Poetry History Travel Biography Humour Science Fantasy Cooking Art Music Philosophy".split()


class Measured(NamedTuple):
    rows: int
    seconds: float
    megabytes: int  # the most the process ever held

    @property
    def speed(self) -> float:
        return self.rows / self.seconds


def generated(path: Path, count: int) -> None:
    """Books as a library has them, the same at every run: most have an ISBN, some several authors."""
    chance = random.Random(1)
    people = [f"{_word(chance, 2).title()} {_word(chance, 3).title()}" for _ in range(max(count // 3, 1))]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(CLEANERS))
        writer.writeheader()
        for number in range(count):
            digits = f"978{number + 1_000_000:09d}"
            writer.writerow(
                {
                    "source_key": f"generated:{number}",
                    "title": " ".join(_word(chance, chance.randint(1, 3)) for _ in range(chance.randint(1, 8))).title(),
                    "authors": "; ".join(chance.sample(people, min(chance.choice([1, 1, 1, 2, 3]), len(people)))),
                    "isbn13": digits + ean.calc_check_digit(digits) if chance.random() < 0.9 else "",
                    "publisher": f"{chance.choice(people).split()[1]} Press",
                    "published_year": chance.randint(1800, 2026),
                    "language": chance.choice(["en", "en", "ja", "fr", "de"]),
                    "pages": chance.randint(40, 900),
                    "description": " ".join(_word(chance, 2) for _ in range(chance.randint(0, 60))),
                    "topics": "; ".join(chance.sample(TOPICS, chance.randint(0, 3))),
                }
            )


def _word(chance: random.Random, syllables: int) -> str:
    return "".join(chance.choices(SYLLABLES, k=syllables))


def _full_rows(path: Path) -> Iterator[dict[str, Any]]:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with path.open("rb") as file, encoding.utf8(file) as text:
        table = tables.opened(text, {})
        for row in table.rows(table.start, table.before):
            fields = cleaned(row, table.format).fields
            if "title" in fields:
                yield {**columns({**EMPTY, **fields}), "version": 1, "created_at": now, "updated_at": now}  # type: ignore[typeddict-item]


def raw(path: Path) -> float:
    """Seconds that the database takes for the rows of Book alone, by the shortest way there is to it."""
    rows = list(_full_rows(path))
    names = list(rows[0])
    kept = ", ".join(f"{name} = excluded.{name}" for name in names if name not in {"source_key", "created_at"})
    sql = (
        f"INSERT INTO {Book._meta.db_table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) "
        f"ON CONFLICT (source_key) DO UPDATE SET {kept}"
    )
    values = [tuple(row.values()) for row in rows]
    with transaction.atomic(), connection.cursor() as cursor:
        start = time.perf_counter()
        cursor.executemany(sql, values)
    return time.perf_counter() - start


def imported(path: Path) -> float:
    start = time.perf_counter()
    for _ in import_file(path):
        pass
    return time.perf_counter() - start


def _in_test_database(name: str, work: Callable[[Path], float], path: Path) -> tuple[float, int]:
    connection.settings_dict["NAME"] = name
    seconds = work(path)
    connection.close()
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measured(work: Callable[[Path], float], path: Path, rows: int, *, empty: bool = True) -> Measured:
    if empty:
        call_command("flush", interactive=False, verbosity=0)
    connection.close()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds, megabytes = pool.apply(_in_test_database, (connection.settings_dict["NAME"], work, path))
    return Measured(rows, seconds, megabytes)


def compare(label: str, path: Path, rows: int, times: int) -> None:
    raws, imports, agains = [], [], []
    for _ in range(times):
        raws.append(measured(raw, path, rows))
        imports.append(measured(imported, path, rows))
        agains.append(measured(imported, path, rows, empty=False))
    speeds = [statistics.median(run.speed for run in runs) for runs in (raws, imports, agains)]
    ratio = statistics.median(one.speed / other.speed for one, other in zip(imports, raws, strict=True))
    peak = max(run.megabytes for run in imports)
    print(f"{label:<12}{rows:>9,}" + "".join(f"{speed:>11,.0f}" for speed in speeds) + f"{ratio:>8.2f}{peak:>8} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000, help="rows to generate, and to take of Gutenberg's")
    parser.add_argument("--times", type=int, default=3, help="measurements of each; their median counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/benchmark.sqlite3"
        before = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            print(
                f"{connection.vendor:<12}{'rows':>9}{'raw/s':>11}{'import/s':>11}{'again/s':>11}{'ratio':>8}{'peak':>11}"
            )
            books = Path(folder) / "generated.csv"
            generated(books, arguments.rows)
            compare("generated", books, arguments.rows, arguments.times)
            if GUTENBERG.exists():
                some = Path(folder) / "gutenberg.csv"
                rows = _beginning(GUTENBERG, some, arguments.rows)
                compare("gutenberg", some, rows, arguments.times)
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


def _beginning(source: Path, target: Path, count: int) -> int:
    with source.open(newline="", encoding="utf-8") as file, target.open("w", newline="", encoding="utf-8") as copy:
        rows = list(islice(csv.reader(file), count + 1))
        csv.writer(copy).writerows(rows)
    return len(rows) - 1


if __name__ == "__main__":
    main()
