"""The frame of a list's page, its counts and facets are made once per version of the catalogue."""

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from books.models import Book
from books.search.compiled_query import compile_query
from tests.caching import Queries, queries, subscribed  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


async def add(title: str, topic: str) -> Book:
    return await sync_to_async(Book.objects.add)({"title": title, "topics": [topic], "published_year": 1900})


async def page(path: str = "/books/") -> str:
    return (await AsyncClient().get(path, headers={"accept": "text/html"})).content.decode()


@pytest.mark.usefixtures("subscribed")
async def test_a_page_is_one_query_once_the_list_is_known(queries: Queries) -> None:  # noqa: F811
    for title in ("Emma", "Persuasion"):
        await add(title, "Novels")
    first = await page()
    queries.count = 0
    assert await page() == first
    assert queries.count == 1


@pytest.mark.usefixtures("subscribed")
async def test_it_is_made_again_after_a_change() -> None:
    for title in ("Emma", "Persuasion"):
        await add(title, "Novels")
    assert "topic=poetry" not in await page()
    await add("Leaves of Grass", "Poetry")
    assert "topic=poetry" in await page()


@pytest.mark.usefixtures("subscribed")
async def test_each_page_of_a_list_has_its_own_rows_and_links() -> None:
    for number in range(6):
        await add(f"Book {number}", "Novels")
    pages, path = [], "/books/?size=2"
    while path:
        response = (await AsyncClient().get(path)).json()
        pages.append(await page(path))
        for book in response["books"]:
            assert f">{book['title']}</a>" in pages[-1]
        for name in ("next", "previous"):
            assert (f'rel="{name[:4]}" href="{response[name]}"'.replace("&", "&amp;") in pages[-1]) == bool(
                response[name]
            )
        assert f'<a href="{path}"'.replace("&", "&amp;") in pages[-1]
        path = response["next"]
    assert len(set(pages)) == 3


@pytest.mark.usefixtures("subscribed")
async def test_a_filter_with_another_value_is_the_same_compiled_query() -> None:
    await add("Emma", "Novels")
    await AsyncClient().get("/books/?topic=novels")
    before = compile_query.cache_info().misses
    assert (await AsyncClient().get("/books/?topic=poetry")).json()["count"] == 0
    assert compile_query.cache_info().misses == before


@pytest.mark.parametrize("text", ["%00rows%00", "\ue000rows\ue001", "\\x00next\\x00", "{{ rows }}", "<b>rows</b>"])
async def test_nothing_that_is_typed_is_a_hole_of_the_page(text: str) -> None:
    await add("Emma", "Novels")
    response = await AsyncClient().get("/books/", {"q": text}, headers={"accept": "text/html"})
    assert response.status_code == 200
    assert response.content.decode().count(">Emma</a>") == 0


@pytest.mark.parametrize("query", ["after=x", "after=WzFd&before=WzFd", "after=&sort=title", "size=0&after=x"])
async def test_an_invalid_cursor_is_refused(query: str) -> None:
    status = (await AsyncClient().get(f"/books/?{query}")).status_code
    assert status == (200 if query.startswith("after=&") else 400)
