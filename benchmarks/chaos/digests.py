"""Prints digests of what the catalogue of DATABASE_URL holds: of its CSV, and of all rows that a backup has."""

import hashlib

from benchmarks import set_up  # noqa: F401 - comes first
from books.backup.tables import tables
from books.exporting.base import rows_after
from books.exporting.csv import Csv
from books.models import Book

if __name__ == "__main__":
    csv, every, last = hashlib.sha256(), hashlib.sha256(), 0
    while rows := list(rows_after(Book.objects.all(), last)):
        csv.update(Csv().encode(rows))
        last = rows[-1][0]
    for table in tables():
        for row in table.rows():
            every.update(repr(row).encode())
    print(csv.hexdigest(), every.hexdigest())
