import gc
import weakref
from typing import Any
from unittest import mock

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.http import QueryDict
from django.test import TestCase

from books.forms.lists import BookQuery
from books.models import Book
from books.search.pagination import COUNT_CAP

HTML = {"accept": "text/html"}


def titles(response: Any) -> list[str]:
    return [book["title"] for book in response.json()["books"]]


def test_the_form_of_a_list_needs_no_garbage_collector() -> None:
    gc.disable()
    try:
        form = BookQuery(QueryDict("year=1987&sort=-added"))
        assert form.is_valid()
        kept = weakref.ref(form)
        del form
        assert kept() is None
    finally:
        gc.enable()


class BookListTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        add = Book.objects.add
        add(
            {
                "title": "Kokoro",
                "authors": ["夏目 漱石"],
                "published_year": 1914,
                "language": "ja",
                "topics": ["Novels"],
            }
        )
        add({"title": "Jane Eyre", "authors": ["Charlotte Brontë"], "published_year": 1847, "language": "en-gb"})
        add(
            {
                "title": "Odyssey",
                "authors": ["Homer"],
                "published_year": -700,
                "language": "grc",
                "isbn13": "9780306406157",
            }
        )
        add({"title": "1001 Nights", "subtitle": "The tales", "series": "Old books", "topics": ["Novels", "Tales"]})

    async def test_words_beyond_the_most_are_named(self) -> None:
        query = {"q": " ".join(["kokoro"] * 20 + ["<zzz>"])}
        answer = (await self.async_client.get("/books/", query)).json()
        assert (answer["count"], answer["not_searched"]) == (1, "<zzz>")
        page = (await self.async_client.get("/books/", query, headers=HTML)).content.decode()
        assert "at most 20 words" in page
        assert "&lt;zzz&gt;</b>" in page
        assert "not_searched" not in (await self.async_client.get("/books/?q=kokoro")).json()

    async def test_an_entry_has_the_fields_of_the_contract(self) -> None:
        response = await self.client_get("/books/?q=kokoro")
        (entry,) = response.json()["books"]
        assert entry | {"id": 0, "url": ""} == {
            "id": 0,
            "url": "",
            "title": "Kokoro",
            "authors": ["夏目 漱石"],
            "isbn13": None,
            "published_year": 1914,
            "language": "ja",
        }
        assert entry["url"] == f"/books/{entry['id']}/"

    async def test_the_answer_counts_and_says_that_it_counted_all(self) -> None:
        data = (await self.client_get("/books/")).json()
        assert (data["count"], data["count_is_exact"], data["next"], data["previous"]) == (4, True, None, None)

    async def test_books_come_by_title_unless_asked_otherwise(self) -> None:
        assert titles(await self.client_get("/books/")) == ["1001 Nights", "Jane Eyre", "Kokoro", "Odyssey"]

    async def test_each_sort_has_its_order(self) -> None:
        orders = {
            "-title": ["Odyssey", "Kokoro", "Jane Eyre", "1001 Nights"],
            "year": ["Odyssey", "Jane Eyre", "Kokoro", "1001 Nights"],
            "-year": ["Kokoro", "Jane Eyre", "Odyssey", "1001 Nights"],
            "added": ["Kokoro", "Jane Eyre", "Odyssey", "1001 Nights"],
            "-added": ["1001 Nights", "Odyssey", "Jane Eyre", "Kokoro"],
        }
        for sort, expected in orders.items():
            with self.subTest(sort=sort):
                assert titles(await self.client_get(f"/books/?sort={sort}")) == expected

    async def test_every_parameter_narrows_the_list(self) -> None:
        found = {
            "q=bronte": ["Jane Eyre"],
            "q=tales": ["1001 Nights"],
            "q=old+books": ["1001 Nights"],
            "q=0-306-40615-2": ["Odyssey"],
            "q=%E5%A4%8F%E7%9B%AE": ["Kokoro"],
            "q=?": [],
            "q=nothing": [],
            "author=HOMER": ["Odyssey"],
            "topic=novels": ["1001 Nights", "Kokoro"],
            "topic=tales&q=nights": ["1001 Nights"],
            "language=en": ["Jane Eyre"],
            "language=eng": ["Jane Eyre"],
            "language=grc": ["Odyssey"],
            "year=1914": ["Kokoro"],
            "year=1800..1914": ["Jane Eyre", "Kokoro"],
            "year=..-300": ["Odyssey"],
            "year=1850..": ["Kokoro"],
        }
        for query, expected in found.items():
            with self.subTest(query=query):
                assert titles(await self.client_get(f"/books/?{query}")) == expected

    async def test_a_long_span_of_years_counts_no_book_without_a_year(self) -> None:
        found = await self.client_get("/books/?year=1000..1914")
        assert (titles(found), found.json()["count"]) == (["Jane Eyre", "Kokoro"], 2)

    async def test_an_author_can_be_named_by_id(self) -> None:
        book = await Book.objects.prefetch_related("authors").aget(title="Odyssey")
        (author,) = book.authors.all()
        assert titles(await self.client_get(f"/books/?author={author.pk}")) == ["Odyssey"]

    async def test_a_title_that_begins_with_the_query_comes_first(self) -> None:
        await sync_to_async(Book.objects.add)({"title": "A Kokoro reader"})
        assert titles(await self.client_get("/books/?q=kokoro")) == ["Kokoro", "A Kokoro reader"]

    async def test_next_and_previous_lead_through_the_list_and_back(self) -> None:
        first = await self.client_get("/books/?size=3&language=&sort=-title")
        second = await self.client_get(first.json()["next"])
        assert titles(second) == ["1001 Nights"]
        assert titles(await self.client_get(second.json()["previous"])) == titles(first)

    async def test_a_link_to_the_next_page_keeps_the_query(self) -> None:
        data = (await self.client_get("/books/?topic=novels&size=1")).json()
        assert data["next"].startswith("/books/?topic=novels&size=1&after=")

    async def test_a_cursor_may_stand_anywhere_in_the_query_but_only_one(self) -> None:
        following = (await self.client_get("/books/?size=3&sort=-title")).json()["next"]
        cursor = following.rpartition("=")[2]
        assert titles(await self.client_get(f"/books/?after={cursor}&size=3&sort=-title")) == ["1001 Nights"]
        for query in (f"before={cursor}&sort=-title&after={cursor}", f"size=3&after={cursor}", "sort=-title&after=x"):
            with self.subTest(query):
                response = await self.async_client.get(f"/books/?{query}")
                assert response.status_code == 400
                assert response.json()["errors"].keys() <= {"after", "before"}

    async def test_as_text_it_is_the_titles_one_a_line(self) -> None:
        response = await self.async_client.get("/books/?size=2", headers={"accept": "text/plain"})
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response.content.decode() == "1001 Nights\nJane Eyre\n"

    async def test_a_browser_gets_a_page_and_curl_gets_json(self) -> None:
        for accept, kind in {
            "*/*": "application/json",
            "application/json": "application/json",
            "text/html,application/xhtml+xml,*/*;q=0.8": "text/html; charset=utf-8",
            "application/json;q=0.5, text/html": "text/html; charset=utf-8",
        }.items():
            with self.subTest(accept=accept):
                response = await self.async_client.get("/books/", headers={"accept": accept})
                assert response["Content-Type"] == kind
                assert "Accept" in response["Vary"]

    async def test_a_client_that_likes_nothing_we_have_is_told_what_there_is(self) -> None:
        response = await self.async_client.get("/books/", headers={"accept": "image/png"})
        assert response.status_code == 406
        assert "text/plain" in response.json()["detail"]

    def test_a_page_of_json_is_a_count_and_a_query_each_after_a_look_at_the_index_if_it_is_needed(self) -> None:
        searched = {"sqlite": 3, "postgresql": 5}[connection.vendor]  # which is told how to plan, and its size first
        for queries, parameters in ((2, "sort=year"), (searched, "q=k&language=ja&sort=year")):
            with self.subTest(parameters), self.assertNumQueries(queries):
                async_to_sync(self.client_get)(f"/books/?{parameters}&size=2")

    async def test_head_has_the_headers_and_no_body(self) -> None:
        response = await self.async_client.head("/books/")
        assert (response.status_code, response.content) == (200, b"")

    async def test_options_and_refused_methods_say_what_is_allowed(self) -> None:
        assert (await self.async_client.options("/books/"))["Allow"] == "GET, POST, HEAD, OPTIONS"
        response = await self.async_client.delete("/books/")
        assert response.status_code == 405
        assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
        assert "DELETE" in response.json()["detail"]

    async def test_an_address_without_its_last_slash_leads_to_it_with_the_same_method(self) -> None:
        response = await self.async_client.post("/books", {"title": "x"})
        assert (response.status_code, response["Location"]) == (308, "/books/")

    async def client_get(self, address: str) -> Any:
        response = await self.async_client.get(address)
        assert response.status_code == 200, response.content
        return response


class ManyBooks(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        Book.objects.bulk_create(Book(title=f"{n}", title_key=f"{n}", published_year=1950) for n in range(4))

    def setUp(self) -> None:
        assert COUNT_CAP == 20_000
        self.enterContext(mock.patch("books.search.results.COUNT_CAP", 3))

    async def counted(self, query: str) -> tuple[int, bool]:
        data = (await self.async_client.get(f"/books/?size=1&{query}")).json()
        return data["count"], data["count_is_exact"]

    async def test_counting_stops_at_twenty_thousand_and_says_so(self) -> None:
        assert await self.counted("year=..1990") == (3, False)

    async def test_the_whole_catalogue_is_counted_at_any_size(self) -> None:
        assert await self.counted("") == (4, True)
