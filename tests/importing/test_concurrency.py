"""Importers and editors at work at the same time, in connections of their own."""

import threading
from collections.abc import Callable
from decimal import Decimal

from django.db import connection
from django.test import TransactionTestCase

from books.importing.results import Note
from books.models import Author, Book, DuplicateISBN
from tests.importing.lists import catalogue, csv_file, imported

TIMES = 5  # each: the two do not meet every time
BOOKS = [
    {"source_key": f"a:{number}", "title": f"T{number}", "authors": f"A{number % 7}", "topics": "Novels"}
    for number in range(300)
]


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    """Do all of it at the same time, and tell what went wrong."""
    start = threading.Barrier(len(works))
    faults: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait()
            work()
        except Exception as fault:  # noqa: BLE001 - it is told in the thread that can fail the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


class AtOnce(TransactionTestCase):
    def test_one_list_imported_twice_at_once_is_there_once(self) -> None:
        def read() -> None:
            imported(csv_file(BOOKS), batch_rows=50)

        def read_backwards() -> None:
            imported(csv_file(BOOKS[::-1]), batch_rows=50)

        assert at_once(read, read_backwards) == []
        held = catalogue()
        assert sorted(str(book["source_key"]) for book in held) == sorted(book["source_key"] for book in BOOKS)
        assert all(book["by"] == book["authors"] and book["under"] == ["Novels"] for book in held)

    def test_a_list_and_an_editor_lose_nothing_of_each_other(self) -> None:
        imported(csv_file(BOOKS[:20]))
        pks = list(Book.objects.values_list("pk", flat=True))

        def read() -> None:
            for pages in (5, 6):
                imported(csv_file({**book, "pages": pages} for book in BOOKS), batch_rows=50)

        def edit() -> None:
            for pk in pks:
                Book.objects.change(pk, {"publisher": "Iwanami", "authors": ["Sōseki"]})

        assert at_once(read, edit) == []
        assert set(Book.objects.filter(pk__in=pks).values_list("publisher", "pages")) == {("Iwanami", 6)}
        assert not Author.objects.filter(bookauthor=None).exists()
        assert all(book["by"] == book["authors"] for book in catalogue())

    def test_without_consent_an_added_volume_shares_no_isbn_with_an_imported_one(self) -> None:
        for isbn in ["9780306406157", "9784101010014"] * TIMES:
            notes: list[Note] = []

            def add(isbn: str = isbn) -> None:
                Book.objects.add({"title": "Genji", "isbn13": isbn, "series_number": Decimal(1)})

            def read(isbn: str = isbn, notes: list[Note] = notes) -> None:
                notes += imported(csv_file([{"title": "Genji II", "isbn13": isbn, "series_number": 2}])).notes

            faults = at_once(add, read)
            is_told = list(map(type, faults)) == [DuplicateISBN] or "Another volume" in notes[0].reason
            assert (is_told, len(faults) + Book.objects.count()) == (True, 2), (faults, notes)
            Book.objects.all().delete()
