"""Walks through lists, page by page, while others write between the pages."""

import random

from asgiref.sync import async_to_sync, sync_to_async
from django.test import TestCase

from benchmarks.walks import LISTS, WORDS, Writer, astray, walked
from books.models import Book
from books.search.filters import BookSearch
from tests.importing.lists import csv_file, imported


class WalkTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        chance = random.Random(1)
        imported(
            csv_file(
                {
                    "source_key": f"walk:{number}",
                    "title": " ".join(chance.choices(WORDS, k=chance.choice([1, 1, 3]))),
                    "published_year": chance.choice(["", 1914, 1915]),
                    "language": chance.choice(["de", "en"]),
                    "topics": chance.choice(["", "Novels"]),
                }
                for number in range(200)
            )
        )

    def test_every_book_that_stays_where_it_is_is_seen_once_there_and_once_back(self) -> None:
        for sort, filters in LISTS:
            with self.subTest(sort=sort, filters=filters):
                writer = Writer(Book.objects.values_list("pk", flat=True), seed=len(sort))
                found = set(Book.objects.matching(BookSearch.of(filters)).queryset().values_list("pk", flat=True))
                there, back = async_to_sync(walked)(filters, sort, 10, sync_to_async(writer.write))
                settled = found.intersection(writer.settled)
                assert settled
                assert (astray(there, settled), astray(back, settled)) == ((0, 0), (0, 0))
