from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase

from books.forms.lists import LookupQuery
from books.models import Book, Source
from tests import outside as behaviour
from tests.outside import BOOKS, ISBN, SEARCH, edition, knows, refuses, work
from tests.people import LibrarianTestCase, reader
from tests.test_pages import Elements

HTML = {"accept": "text/html"}
SPELLINGS = ["9780306406157", "978-0-306-40615-7", "0306406152", "urn:isbn:0-306-40615-2", "９７８０３０６４０６１５７"]


class OutsideTestCase(LibrarianTestCase):
    """Where the outside knows one book."""

    def setUp(self) -> None:
        super().setUp()
        self.outside = self.enterContext(behaviour.outside())
        self.outside.does |= {BOOKS: edition(), SEARCH: work()}

    async def look_up(self, isbn: str = ISBN, path: str = "/lookup/", **headers: str) -> Any:
        return await self.async_client.get(path, {"isbn": isbn}, headers=headers)

    async def page(self, isbn: str = ISBN, path: str = "/lookup/") -> str:
        content: bytes = (await self.look_up(isbn, path, **HTML)).content
        return content.decode()


class LookUp(OutsideTestCase):
    async def test_an_isbn_in_any_spelling_gives_the_record_and_where_each_value_is_from(self) -> None:
        for spelling in SPELLINGS:
            response = await self.look_up(spelling)
            assert response.status_code == 200
            data = response.json()
            assert (data["isbn13"], data["book"], data["record"]["title"]) == (ISBN, None, "The Example")
            assert data["origins"].keys() == data["record"].keys()
            assert data["sources"] == [{"source": "Open Library", "outcome": "found", "reason": ""}]

    async def test_a_book_that_is_here_already_is_named_and_nobody_is_asked(self) -> None:
        book = await Book.objects.acreate(title="Kokoro", isbn13=ISBN)
        data = (await self.look_up()).json()
        assert data["book"] == {"id": book.pk, "url": f"/books/{book.pk}/", "title": "Kokoro", "version": 1}
        assert self.outside.asked == []
        assert f'href="/books/{book.pk}/"' in await self.page()

    async def test_an_unknown_one_is_404_with_the_source_that_does_not_know_it(self) -> None:
        self.outside.does[BOOKS] = knows({})
        response = await self.look_up()
        assert response.status_code == 404
        assert response.json()["detail"].startswith("Open Library has no book with this ISBN.")

    async def test_what_is_no_isbn_is_422_with_the_reason(self) -> None:
        for isbn, reason in [
            ("9780306406158", "wrong digit"),
            ("979-0-2600-0043-8", "ISMN"),
            ("12", "10 or 13 digits"),
            ("", "Type an ISBN"),
            ("x" * 5000, "10 or 13 digits"),
        ]:
            response = await self.look_up(isbn)
            assert response.status_code == 422
            assert reason in response.json()["errors"]["isbn"][0]
        assert (await self.async_client.get("/lookup/")).status_code == 422
        assert self.outside.asked == []

    async def test_where_the_outside_does_not_answer_it_says_when_to_try_again(self) -> None:
        for does, status in [(behaviour.hangs_up, 503), (behaviour.BROKEN, 502), (refuses(429, "Retry-After: 9"), 503)]:
            self.outside.does[BOOKS] = does
            response = await self.look_up()
            assert response.status_code == status
            assert int(response["Retry-After"]) > 0
            assert "Try again in" in response.json()["detail"]
            await Source.objects.all().adelete()

    async def test_the_page_shows_what_was_found_and_leads_on_to_the_form(self) -> None:
        page = await self.page()
        assert "The Example" in page
        assert "from Open Library" in page
        assert f'href="/books/new/?isbn={ISBN}"' in page

    async def test_the_page_says_in_place_why_nothing_was_found(self) -> None:
        response = await self.look_up("9780306406158", **HTML)
        assert response.status_code == 422
        page = response.content.decode()
        assert 'value="9780306406158"' in page
        assert "wrong digit" in page
        assert 'aria-invalid="true"' in page

    async def test_without_an_isbn_the_page_only_asks_for_one(self) -> None:
        response = await self.async_client.get("/lookup/", headers=HTML)
        assert response.status_code == 200
        assert "aria-invalid" not in response.content.decode()

    async def test_what_comes_from_outside_is_text_and_no_markup(self) -> None:
        self.outside.does[BOOKS] = edition(title="<script>alert(1)</script>")
        for path in ("/lookup/", "/books/new/"):
            assert "<script>alert" not in await self.page(path=path)


class WhoMay(TestCase):
    async def test_only_those_who_may_add_books_make_us_ask_outside(self) -> None:
        with behaviour.outside() as server:
            assert (await self.async_client.get(f"/lookup/?isbn={ISBN}")).status_code == 401
            await self.async_client.aforce_login(await sync_to_async(reader)())
            assert (await self.async_client.get(f"/lookup/?isbn={ISBN}")).status_code == 403
            assert server.asked == []


class AddForm(OutsideTestCase):
    async def test_an_isbn_in_the_address_fills_the_form_in(self) -> None:
        page = await self.page(path="/books/new/")
        for shown in ('value="The Example"', "Ann Author</textarea>", f'value="{ISBN}"', 'value="1984"', 'value="7"'):
            assert shown in page
        assert page.count("from Open Library") == 11

    async def test_the_form_filled_in_can_be_sent_as_it_is(self) -> None:
        await self.page(path="/books/new/")
        known = (await self.look_up()).json()
        fields = {
            name: "\n".join(value) if isinstance(value, list) else value for name, value in known["record"].items()
        }
        response = await self.async_client.post("/books/new/", {**fields, "isbn13": ISBN}, headers=HTML)
        assert response.status_code == 303
        book = await Book.objects.aget()
        assert (book.title, book.isbn13, book.series_number) == ("The Example", ISBN, 7)

    async def test_a_book_that_is_here_already_is_linked(self) -> None:
        book = await Book.objects.acreate(title="Kokoro", isbn13=ISBN)
        page = await self.page(path="/books/new/")
        assert f'<a href="/books/{book.pk}/" dir="auto">Kokoro</a>' in page
        assert 'name="title" dir="auto" autocomplete="off" required value=""' in page

    async def test_a_mistake_is_told_at_the_box_and_the_form_is_still_there(self) -> None:
        response = await self.look_up("9780306406158", "/books/new/", **HTML)
        assert response.status_code == 422
        page = response.content.decode()
        assert "wrong digit" in page
        assert 'name="title"' in page

    async def test_with_the_outside_down_the_form_can_be_filled_in_by_hand(self) -> None:
        self.outside.does[BOOKS] = behaviour.hangs_up
        response = await self.look_up(ISBN, "/books/new/", **HTML)
        assert (response.status_code, "Retry-After" in response) == (503, True)
        page = Elements(response.content.decode())
        assert (page.field("title")["value"], page.field("isbn13")["value"]) == ("", ISBN)

    async def test_without_an_isbn_nobody_is_asked(self) -> None:
        assert (await self.async_client.get("/books/new/", headers=HTML)).status_code == 200
        assert self.outside.asked == []


@pytest.mark.once
@pytest.mark.parametrize("text", ['{"x": 1}', "\x00", "💥" * 40, "%", "' OR 1=1", "\ud800", "9" * 41])
def test_garbage_is_no_isbn(text: str) -> None:
    assert LookupQuery({"isbn": text}).errors.keys() == {"isbn"}
