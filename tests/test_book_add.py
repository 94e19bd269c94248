import json
from typing import Any

from books.models import Author, Book, IdempotentResponse, Topic
from tests.people import LibrarianTestCase


class AddABook(LibrarianTestCase):
    async def post(self, book: Any, **headers: str) -> Any:
        return await self.async_client.post(
            "/books/", json.dumps(book), content_type="application/json", headers=headers
        )

    async def test_it_answers_201_with_the_book_and_its_address(self) -> None:
        response = await self.post({"title": "Kokoro", "authors": ["夏目 漱石"], "isbn13": "0-306-40615-2"})
        assert response.status_code == 201
        book = response.json()
        assert response["Location"] == book["url"] == f"/books/{book['id']}/"
        assert (book["authors"], book["isbn13"], book["version"]) == (["夏目 漱石"], "9780306406157", 1)
        assert response["ETag"] == '"1"'

    async def test_a_book_has_all_the_fields_of_the_contract(self) -> None:
        book = (await self.post({"title": "Kokoro"})).json()
        assert (
            list(book)
            == (
                "id url title subtitle authors isbn13 publisher published_year language pages description topics "
                "series series_number series_label more_series contributors in_series created_at updated_at version"
            ).split()
        )

    async def test_a_number_in_a_series_keeps_how_it_was_written(self) -> None:
        book = (await self.post({"title": "心", "series": "全集", "series_number": "上"})).json()
        assert (book["series_number"], book["series_label"]) == (1, "上")
        changed = await self.async_client.patch(book["url"], '{"series_number": 2.5}', content_type="application/json")
        assert (changed.json()["series_number"], changed.json()["series_label"]) == (2.5, "")

    async def test_a_label_may_be_sent_with_its_number(self) -> None:
        book = (await self.post({"title": "A", "series": "S", "series_number": 3, "series_label": "3a"})).json()
        assert (book["series_number"], book["series_label"]) == (3, "3a")

    async def test_what_was_sent_is_what_is_read_back(self) -> None:
        sent = {
            "title": "The Two Towers",
            "subtitle": "Part two",
            "authors": ["J. R. R. Tolkien", "Another"],
            "isbn13": "9780306406157",
            "publisher": "A & U",
            "published_year": 1954,
            "language": "en",
            "pages": 352,
            "description": "Two\nlines",
            "topics": ["epics", "fantasy"],
            "series": "The Lord of the Rings",
            "series_number": 2,
        }
        location = (await self.post(sent))["Location"]
        book = (await self.async_client.get(location)).json()
        assert {name: book[name] for name in sent} == sent

    async def test_authors_and_topics_not_known_yet_are_created_once(self) -> None:
        for title in ("a", "b"):
            await self.post({"title": title, "authors": ["Homer"], "topics": ["Epics", "epics"]})
        assert [author.name async for author in Author.objects.all()] == ["Homer"]
        assert [topic.name async for topic in Topic.objects.all()] == ["Epics"]

    async def test_a_topic_may_be_given_by_its_slug(self) -> None:
        await self.post({"title": "a", "topics": ["Science fiction"]})
        book = (await self.post({"title": "b", "topics": ["science-fiction"]})).json()
        assert book["topics"] == ["science-fiction"]
        assert await Topic.objects.acount() == 1

    async def test_what_is_wrong_is_said_field_by_field_and_nothing_is_added(self) -> None:
        response = await self.post({"titel": "x", "pages": "many", "isbn13": "9780306406158", "authors": "Homer"})
        assert response.status_code == 422
        assert response.json()["errors"].keys() == {"title", "titel", "pages", "isbn13", "authors"}
        assert not await Book.objects.aexists()

    async def test_an_isbn_that_another_book_has_is_refused_with_that_books_address(self) -> None:
        first = await self.post({"title": "a", "isbn13": "9780306406157"})
        second = await self.post({"title": "b", "isbn13": "0306406152"})
        assert second.status_code == 409
        assert first["Location"] in second.json()["errors"]["isbn13"][0]

    async def test_a_form_is_answered_with_303_to_the_book(self) -> None:
        response = await self.async_client.post("/books/", {"title": "Kokoro", "authors": "a\nb"})
        assert response.status_code == 303
        assert (await self.async_client.get(response["Location"])).json()["authors"] == ["a", "b"]

    async def test_null_is_empty(self) -> None:
        book = (await self.post({"title": "a", "subtitle": None, "pages": None, "topics": None})).json()
        assert (book["subtitle"], book["pages"], book["topics"]) == ("", None, [])

    async def test_a_book_can_be_sent_back_as_it_was_read(self) -> None:
        book = (await self.post({"title": "a", "series_number": 2.5})).json()
        response = await self.async_client.put(book["url"], json.dumps(book), content_type="application/json")
        assert response.json() == book


class AddOnce(LibrarianTestCase):
    """A repeat with the same Idempotency-Key gets the first answer."""

    async def post(self, book: Any, key: str) -> Any:
        return await self.async_client.post(
            "/books/", json.dumps(book), content_type="application/json", headers={"idempotency-key": key}
        )

    async def test_a_repeat_adds_nothing_and_gets_the_first_answer_to_the_letter(self) -> None:
        first = await self.post({"title": "a"}, "key")
        again = await self.post({"title": "a"}, "key")
        assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
        assert await Book.objects.acount() == 1

    async def test_the_first_answer_is_given_even_after_the_book_has_changed(self) -> None:
        first = await self.post({"title": "a"}, "key")
        await Book.objects.aupdate(title="b", version=2)
        assert (await self.post({"title": "a"}, "key")).content == first.content

    async def test_another_request_under_the_same_key_is_refused(self) -> None:
        await self.post({"title": "a"}, "key")
        assert (await self.post({"title": "b"}, "key")).status_code == 409
        assert await Book.objects.acount() == 1

    async def test_a_refused_request_leaves_its_key_free(self) -> None:
        await self.post({"title": "taken", "isbn13": "9780306406157"}, "other")
        assert (await self.post({"title": "a", "isbn13": "9780306406157"}, "key")).status_code == 409
        assert (await self.post({"title": "a"}, "key")).status_code == 201

    async def test_a_key_of_absurd_length_is_refused(self) -> None:
        assert (await self.post({"title": "a"}, "k" * 201)).status_code == 400

    async def test_keys_are_forgotten_after_a_day(self) -> None:
        await self.post({"title": "a"}, "old")
        await IdempotentResponse.objects.aupdate(created_at="2020-01-01T00:00Z")
        await self.post({"title": "b"}, "new")
        assert [answer.key async for answer in IdempotentResponse.objects.all()] == [f"{self.librarian.pk}:new"]

    async def test_a_second_click_on_the_form_adds_no_second_book(self) -> None:
        form = {"title": "a", "idempotency_key": "k"}
        first = await self.async_client.post("/books/new/", form)
        again = await self.async_client.post("/books/new/", form)
        assert first["Location"] == again["Location"]

    async def test_the_form_sent_again_with_other_text_is_another_book(self) -> None:
        await self.async_client.post("/books/new/", {"title": "a", "idempotency_key": "k"})
        await self.async_client.post("/books/new/", {"title": "b", "idempotency_key": "k"})
        assert await Book.objects.acount() == 2
