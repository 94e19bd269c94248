"""Converts the books of a backup to JSON Lines, to be imported into a catalogue that already has books."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import NamedTuple

from books.backup.archive import Archive
from books.backup.migrating import as_database, temporary_folder
from books.exporting.base import rows_after
from books.exporting.jsonl import JsonLines
from books.models import Book

BATCH = 500


class Matches(NamedTuple):
    """How many books of a backup are already in the catalogue, by the identifier that matches."""

    source_key: int = 0
    isbn13: int = 0


@contextmanager
def as_json_lines(archive: Archive) -> Iterator[Path]:
    with temporary_folder() as folder:
        path, known, last = folder / f"{archive.path.stem}.jsonl", JsonLines(), 0
        with as_database(archive), path.open("wb") as file:
            while rows := list(rows_after(Book.objects.all(), last)):
                file.write(known.encode(rows))
                last = rows[-1][0]
        yield path


def matches(path: Path) -> Matches:
    found = Matches()
    with path.open("rb") as file:
        for lines in batched(file, BATCH, strict=False):
            books = [json.loads(line) for line in lines]
            keys = _known("source_key", {book["source_key"] for book in books})
            isbns = _known("isbn13", {book["isbn13"] for book in books if book["source_key"] not in keys})
            found = Matches(found.source_key + len(keys), found.isbn13 + len(isbns))
    return found


def _known(column: str, values: set[str | None]) -> set[str]:
    found = Book.objects.filter(**{f"{column}__in": values - {None}})
    return set(found.values_list(column, flat=True))
