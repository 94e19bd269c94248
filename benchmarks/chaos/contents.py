"""What a catalogue holds: `fill BOOKS PICTURES`, or `digests` of its CSV and of all rows that a backup has."""

import hashlib
import random
import sys
from io import BytesIO

from benchmarks import generate
from books.backup.tables import tables
from books.exporting.base import rows_after
from books.exporting.csv import Csv
from books.models import Book, JobFile

PICTURE = 60_000  # bytes, of the size and kind of a photographed cover: nothing compresses it


def fill(books: str, pictures: str) -> None:
    generate.fill(int(books))
    chance = random.Random(1)
    for number in range(int(pictures)):
        JobFile.objects.store(f"{number}.jpg", BytesIO(chance.randbytes(PICTURE)))


def digests() -> None:
    csv, every, last = hashlib.sha256(), hashlib.sha256(), 0
    while rows := list(rows_after(Book.objects.all(), last)):
        csv.update(Csv().encode(rows))
        last = rows[-1][0]
    for table in tables():
        for row in table.rows():
            every.update(repr(row).encode())
    print(csv.hexdigest(), every.hexdigest())


if __name__ == "__main__":
    {"fill": fill, "digests": digests}[sys.argv[1]](*sys.argv[2:])
