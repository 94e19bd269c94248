"""Names that differ only in what is no text of its own are one author."""

import json

import pytest
from django.test import TestCase

from books.models import Author, Book
from tests.importing.lists import csv_file, imported
from tests.people import LibrarianTestCase

SPELLINGS = [
    ("Flann O’Brien", "Flann O'Brien"),
    ("Hawaiʻi Press", "Hawai’i Press"),
    ("محمـد", "محمد"),
    ("葛\U000e0100西", "葛西"),
    ("می\u200cخواهم", "میخواهم"),
]


class Spellings(TestCase):
    def test_a_second_spelling_adds_no_author_and_the_book_has_the_first(self) -> None:
        for first, second in SPELLINGS:
            with self.subTest(second):
                Book.objects.add({"title": "A", "authors": [first]})
                book = Book.objects.add({"title": "B", "authors": [second]})
                assert (Book.objects.get(pk=book.pk).author_names, Author.objects.filter(name=second).count()) == (
                    first,
                    0,
                )

    def test_accents_and_case_make_another_author(self) -> None:
        for name in ("Emile Zola", "Émile Zola", "emile zola"):
            Book.objects.add({"title": "A", "authors": [name]})
        assert Author.objects.count() == 3

    def test_two_spellings_in_one_book_are_one_author(self) -> None:
        book = Book.objects.add({"title": "A", "authors": ["Flann O’Brien", "Flann O'Brien"]})
        assert (book.author_names, book.authors.count()) == ("Flann O’Brien", 1)

    def test_authors_that_were_two_already_stay_so(self) -> None:
        Author.objects.bulk_create([Author(name=name).derived() for name in ("O'Brien", "O’Brien")])
        for name in ("O'Brien", "O’Brien"):
            assert Book.objects.add({"title": "A", "authors": [name]}).author_names == name

    def test_an_import_takes_the_spelling_of_the_catalogue_and_finds_its_books_again(self) -> None:
        Book.objects.add({"title": "The Third Policeman", "authors": ["Flann O’Brien"]})
        rows = [
            {"title": "The Third Policeman", "authors": "Flann O'Brien"},
            {"title": "At Swim-Two-Birds", "authors": "Flann OʼBrien"},
            {"title": "Hawaii", "authors": "Hawaiʻi Press"},
            {"title": "Maui", "authors": "Hawaiʼi Press"},
        ]
        assert imported(csv_file(rows)).totals.created == 3
        assert imported(csv_file(rows), existing="replace").totals.unchanged == 4
        assert sorted(Author.objects.values_list("name", flat=True)) == ["Flann O’Brien", "Hawaiʻi Press"]


@pytest.mark.once
class InJSON(LibrarianTestCase):
    async def test_the_answer_says_how_the_author_is_spelled(self) -> None:
        await Book.objects.acreate(title="x")
        names = []
        for name in ("Flann O’Brien", "Flann O'Brien"):
            response = await self.async_client.post(
                "/books/", json.dumps({"title": name, "authors": [name]}), content_type="application/json"
            )
            names += response.json()["authors"]
        assert names == ["Flann O’Brien", "Flann O’Brien"]
