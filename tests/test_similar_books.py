"""The form for a new book asks once when there is a book like it."""

import json
from typing import Any

from books.models import Book, Change
from tests.people import LibrarianTestCase

HTML = {"accept": "text/html"}


class AddABookLikeAnother(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add(
            {"title": "Kokoro", "authors": ["Natsume Sōseki"], "published_year": 1914, "isbn13": "9780306406157"}
        )
        self.typed = {"title": "KOKORO: a novel", "authors": "Soseki, Natsume", "pages": "248", "idempotency_key": "k"}
        self.typed["commas"] = "keep"

    async def post(self, address: str = "/books/new/", **fields: str) -> Any:
        return await self.async_client.post(address, {**self.typed, **fields}, headers=HTML)

    async def test_it_leads_to_the_other_and_keeps_what_was_typed(self) -> None:
        response = await self.post()
        page = response.content.decode()
        assert response.status_code == 409
        assert "You may already have this book" in page
        assert f'href="/books/{self.book.pk}/"' in page
        assert 'value="KOKORO: a novel"' in page
        assert 'value="248"' in page
        assert await Book.objects.acount() == await Change.objects.acount() == 1

    async def test_it_is_added_all_the_same_for_who_says_so(self) -> None:
        await self.post()
        assert (await self.post(anyway="1")).status_code == 303
        assert await Book.objects.acount() == 2

    async def test_a_second_click_gets_the_first_answer_and_is_not_asked(self) -> None:
        first = await self.post(anyway="1")
        assert (await self.post())["Location"] == first["Location"]

    async def test_two_isbns_are_two_editions(self) -> None:
        assert (await self.post(isbn13="9780895267153")).status_code == 303

    async def test_one_isbn_is_refused_whatever_one_says(self) -> None:
        response = await self.post(isbn13="9780306406157", anyway="1")
        assert response.status_code == 409
        assert "Another book has this ISBN" in response.content.decode()

    async def test_what_is_wrong_is_told_first(self) -> None:
        response = await self.post(pages="many")
        assert response.status_code == 422
        assert "You may already have this book" not in response.content.decode()

    async def test_a_program_is_told_what_to_send(self) -> None:
        response = await self.async_client.post("/books/new/", self.typed, headers={"accept": "application/json"})
        [reason] = response.json()["errors"]["title"]
        assert (response.status_code, f"/books/{self.book.pk}/" in reason, "anyway=1" in reason) == (409, True, True)

    async def test_the_address_for_programs_adds_it_and_names_the_other_in_a_link(self) -> None:
        for number in (1, 2):  # the second gets the first's answer
            response = await self.async_client.post(
                "/books/",
                json.dumps({"title": "Kokoro", "authors": ["Natsume Sōseki"]}),
                content_type="application/json",
                headers={"Idempotency-Key": "k"},
            )
            with self.subTest(number):
                assert (response.status_code, response["Location"]) == (201, response.json()["url"])
                assert response["Link"] == f'</books/{self.book.pk}/>; rel="related"'
        assert await Book.objects.acount() == 2

    async def test_a_book_like_no_other_has_no_such_link(self) -> None:
        body = json.dumps({"title": "Botchan", "authors": ["Natsume Sōseki"]})
        assert "Link" not in await self.async_client.post("/books/", body, content_type="application/json")

    async def test_a_form_sent_to_that_address_adds_it_too(self) -> None:
        assert (await self.post("/books/")).status_code == 303
