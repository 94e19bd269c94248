"""A library of plausible books, the same at every run: as a CSV file, or straight into a database.

    python -m benchmarks.generate 1000000 --csv books.csv
    DATABASE_URL=… python -m benchmarks.generate 1000000 --fill

`--fill` stores them as an import does, but without reading a file or looking for books that are there already.
"""

import argparse
import csv
import random
from io import BytesIO
from itertools import batched
from pathlib import Path

from django.core.management import call_command
from django.db import transaction

from benchmarks import set_up  # noqa: F401 - comes first
from books.metadata.record import CLEANERS, NAMES
from books.models import Book, JobFile
from books.models.bulk import PendingBook
from books.models.change import COMMAND
from tests.plausible_books import books

BATCH = 2000  # books of one transaction


def write_csv(path: Path, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(CLEANERS))
        writer.writeheader()
        for book in books(count):
            joined = {name: "; ".join(book[name]) for name in NAMES}
            writer.writerow(book | joined)


def fill(count: int) -> None:
    """Put the books into the database that DATABASE_URL names, which should be empty."""
    call_command("migrate", verbosity=0)
    for batch in batched(books(count), BATCH):
        with transaction.atomic():
            Book.objects.write([PendingBook(book) for book in batch], COMMAND)


def add_pictures(count: int) -> None:
    """As files of jobs, of the size and kind of photographed covers: nothing compresses them."""
    chance = random.Random(1)
    for number in range(count):
        JobFile.objects.store(f"{number}.jpg", BytesIO(chance.randbytes(60_000)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--csv", type=Path, help="write them to this file")
    parser.add_argument("--fill", action="store_true", help="write them to the database that DATABASE_URL names")
    parser.add_argument("--pictures", type=int, default=0, help="with --fill: so many files of jobs, too")
    arguments = parser.parse_args()
    if arguments.csv:
        write_csv(arguments.csv, arguments.count)
    if arguments.fill:
        fill(arguments.count)
        add_pictures(arguments.pictures)


if __name__ == "__main__":
    main()
