"""Walks through lists, page by page, as `next` and `previous` lead, while others write between the pages."""

import random
from itertools import chain

from asgiref.sync import async_to_sync, sync_to_async
from django.test import TestCase

from books.models import Book
from tests.importing.lists import csv_file, imported
from tests.walks import LISTS, WORDS, Writer, astray, walked


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
                for number in range(300)
            )
        )

    def test_every_book_that_stays_where_it_is_is_seen_once_there_and_once_back(self) -> None:
        for query in LISTS:
            with self.subTest(query):
                writer = Writer(Book.objects.values_list("pk", flat=True), seed=len(query))
                listed, _ = async_to_sync(walked)(query, 100)
                settled = set(chain.from_iterable(listed)).intersection(writer.settled)
                assert settled
                there, back = async_to_sync(walked)(query, 20, sync_to_async(writer.write))
                assert (astray(there, settled), astray(back, settled)) == ((0, 0), (0, 0))
