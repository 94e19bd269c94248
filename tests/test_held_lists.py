"""What stands around a list is counted once, until the catalogue changes; all its places are asked by one query."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from books.cache import revision
from books.models import Book
from books.views import lists
from tests.test_held_topics import Queries, queries  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

HTML = {"accept": "text/html"}


@pytest.fixture
async def watched() -> AsyncIterator[None]:
    """As on a running server: the process knows the catalogue's revision."""
    lists.understood_listing.cache_clear()
    watching = asyncio.create_task(revision.watch())
    async with asyncio.timeout(10):
        await revision.is_known.wait()
    yield
    watching.cancel()
    await asyncio.wait([watching])


async def add(title: str, topic: str) -> Book:
    return await sync_to_async(Book.objects.add)({"title": title, "topics": [topic], "published_year": 1900})


async def page(path: str = "/books/") -> str:
    return (await AsyncClient().get(path, headers=HTML)).content.decode()


@pytest.mark.usefixtures("watched")
async def test_it_is_counted_once(queries: Queries) -> None:  # noqa: F811
    for title in ("Emma", "Persuasion"):
        await add(title, "Novels")
    first = await page()
    queries.count = 0
    assert await page() == first
    assert queries.count == 1


@pytest.mark.usefixtures("watched")
async def test_it_is_counted_again_after_a_change() -> None:
    for title in ("Emma", "Persuasion"):
        await add(title, "Novels")
    assert "topic=poetry" not in await page()
    await add("Leaves of Grass", "Poetry")
    assert "topic=poetry" in await page()


@pytest.mark.usefixtures("watched")
async def test_two_places_of_one_list_are_asked_for_by_the_same_query(queries: Queries) -> None:  # noqa: F811
    for number in range(6):
        await add(f"Book {number}", "Novels")
    seen, path = [], "/books/?size=2&sort=-title"
    while path:
        answer = (await AsyncClient().get(path)).json()
        seen += [book["title"] for book in answer["books"]]
        path = answer["next"]
    assert seen == [f"Book {number}" for number in range(5, -1, -1)]
    assert lists.understood_listing.cache_info().currsize == 2  # the beginning, and any place after it


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("query", ["after=x", "after=WzFd&before=WzFd", "after=&sort=title", "size=0&after=x"])
async def test_a_place_that_is_none_is_refused_as_ever(query: str) -> None:
    status = (await AsyncClient().get(f"/books/?{query}")).status_code
    assert status == (200 if query.startswith("after=&") else 400)
