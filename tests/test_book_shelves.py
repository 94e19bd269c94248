"""What leads on from a book's page: other editions, its series, its authors, and the list that one came from."""

import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext

from books.models import Book
from tests.people import LibrarianTestCase

HTML = {"accept": "text/html"}


class Shelves(LibrarianTestCase):
    def add(self, title: str, **fields: Any) -> Book:
        return Book.objects.add({"title": title, "authors": ["Iain M. Banks"], **fields})

    def shelves(self, book: Book) -> dict[str, list[int]]:
        """The ids of the books in each row."""
        page = async_to_sync(AsyncClient().get)(f"/books/{book.pk}/", headers=HTML).content.decode()
        rows = re.findall(r'<section class="more"><h2[^>]*>(.*?)</h2>(.*?)</section>', page, re.DOTALL)
        return {name: [int(pk) for pk in re.findall(r'href="/books/(\d+)/"', html)] for name, html in rows}

    def test_a_book_on_its_own_has_none(self) -> None:
        assert self.shelves(self.add("Matter")) == {}

    def test_each_book_stands_in_the_first_row_that_it_belongs_to(self) -> None:
        book = self.add("Excession", series="Culture", series_number=5)
        edition = self.add("EXCESSION", series="Culture", series_number=5, published_year=2004)
        volume = self.add("Inversions", series="Culture", series_number=6)
        other = self.add("The Bridge")
        assert self.shelves(book) == {
            "Other editions": [edition.pk],
            "More in Culture": [volume.pk],
            "More by Iain M. Banks": [other.pk],
        }

    def test_other_volumes_of_one_title_are_no_editions(self) -> None:
        first = self.add("Stories", series="All Stories", series_number=1)
        second = self.add("Stories", series="All Stories", series_number=2)
        assert self.shelves(first) == {"More in All Stories": [second.pk]}

    def test_a_long_series_is_shown_around_the_volume(self) -> None:
        books = [self.add(f"Volume {n}", authors=["A"], series="Long", series_number=n) for n in range(1, 15)]
        shown = [books[n - 1].pk for n in (7, 8, 9, 11, 12, 13)]
        assert self.shelves(books[9])["More in Long"] == shown

    def test_a_row_has_six_books_and_takes_one_query_however_many_there_are(self) -> None:
        book = self.add("Matter")
        counts = []
        for number in range(30):
            if number in {2, 29}:
                with CaptureQueriesContext(connection) as captured:
                    row = self.shelves(book)["More by Iain M. Banks"]
                counts.append((len(captured), len(row)))
            self.add(f"Book {number}")
        assert counts == [(counts[0][0], 2), (counts[0][0], 6)]

    def test_two_authors_have_one_row(self) -> None:
        book = self.add("Both", authors=["A", "B"])
        theirs = [self.add("A's", authors=["A"]).pk, self.add("B's", authors=["B"]).pk]
        assert self.shelves(book) == {"More by A and B": theirs}

    def test_titles_are_escaped(self) -> None:
        self.add("<i>Consider</i>")
        page = async_to_sync(AsyncClient().get)(f"/books/{self.add('Matter').pk}/", headers=HTML).content.decode()
        assert "&lt;i&gt;Consider&lt;/i&gt;</span>" in page
        assert "<i>Consider" not in page


@pytest.mark.once
class BackToTheList(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = f"/books/{Book.objects.add({'title': 'Matter'}).pk}/"

    async def back(self, client: AsyncClient, referer: str) -> list[str]:
        page = (await client.get(self.url, headers={**HTML, "referer": referer})).content.decode()
        [link] = re.findall(r'<a href="([^"]*)" data-back="/">([^<]*)</a>', page)
        return [*link]

    async def test_it_is_the_list_that_one_came_from(self) -> None:
        for path in ("/books/?q=a&amp;after=x", "/authors/3/?sort=year", "/topics/%E5%B0%8F/", "/books/"):
            referer = f"http://testserver{path.replace('&amp;', '&')}"
            assert await self.back(self.async_client, referer) == [path, "Back to the list"]

    async def test_what_is_no_list_of_this_site_is_not_followed(self) -> None:
        for referer in (
            "https://evil.example/books/?q=a",
            "http://testserver.evil.example/books/",
            "http://testserver//evil.example/books/",
            "http://testserver/accounts/logout/",
            "http://testserver/books/7/",
            "javascript:alert(1)",
            "http://[/books/",
            "/books/",
        ):
            assert await self.back(self.async_client, referer) == ["/books/", "All books"]

    async def test_a_page_that_all_share_does_not_say_where_somebody_came_from(self) -> None:
        assert await self.back(AsyncClient(), "http://testserver/books/?q=secret") == ["/books/", "All books"]
