"""The catalogue behind the response cache: which pages are cached, for whom, and that they are never stale."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.test import AsyncClient

from books.cache import version_of_database
from books.history.merge import merge
from books.history.undo import undo
from books.models import Action, Book, Change
from books.models.change import COMMAND
from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from django41_example.server.response_cache import ResponseCache
from tests.asgi.client import ask
from tests.asgi.conftest import make_pool  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = [
    "/",
    "/books/",
    "/books/{}/",
    "/books/{}.ris",
    "/books/{}/history/",
    "/authors/",
    "/authors/{}/",
    "/topics/",
    "/topics/novels/",
    "/opds/",
    "/opds/books/",
    "/opds/books/{}/",
    "/opds2/authors/",
    "/opds2/topics/",
    "/sitemap.xml",
]
ACCEPTS = [
    *("*/*", "application/json", "text/html", "text/html,*/*;q=0.8", "text/plain", "text/plain, text/html;q=0.5"),
    *(
        "application/json;q=0.1, text/*",
        "image/png",
        "",
        "text/html;q=0, */*",
        "application/*",
        "nonsense",
        "text/plain;q=0.2, application/json;q=0.1",
    ),
]


@pytest.fixture
def book() -> Book:
    return Book.objects.add({"title": "Emma", "authors": ["Jane Austen"], "topics": ["Novels"]})


@pytest.fixture
def pages(book: Book) -> list[str]:
    author = book.authors.get()
    return [page.format(author.pk if "authors" in page else book.pk) for page in PUBLIC]


@pytest.fixture
def handler(make_pool: Any) -> Handler:  # noqa: F811
    return Handler(make_pool(), server_refusal, body_limit=django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


@pytest.fixture
async def cache(handler: Handler) -> AsyncIterator[ResponseCache]:
    version = version_of_database()
    watching = asyncio.create_task(version.subscribe())
    async with asyncio.timeout(60):
        await version.is_known.wait()
    yield ResponseCache(
        handler, validate=version.validate, is_public=partial(handler.routes.declares, "is_public"), capacity=1 << 24
    )
    watching.cancel()


async def test_every_public_page_is_cached(cache: ResponseCache, pages: list[str]) -> None:
    for page in pages:
        await ask(cache, page)
    assert (cache.misses, len(cache.responses)) == (len(pages), len(pages))


async def test_a_404_is_cached(cache: ResponseCache) -> None:
    for _ in range(2):
        assert (await ask(cache, "/books/999/")).status == 404
    assert cache.hits == 1


@pytest.mark.parametrize(
    "page",
    ["/accounts/login/", "/health_check/", "/refresh/", "/books.csv", "/nowhere/", "/books", "/sitemap-books-1.xml"],
)
async def test_other_pages_are_not_cached(cache: ResponseCache, page: str) -> None:
    await ask(cache, page)
    assert not cache.responses


async def test_two_headers_that_come_to_the_same_are_answered_as_each_would_be_alone(
    cache: ResponseCache, handler: Handler, pages: list[str]
) -> None:
    for page in pages:
        for accept in ACCEPTS:
            headers = [("accept", accept)]
            alone, together = await ask(handler, page, headers=headers), await ask(cache, page, headers=headers)
            assert (alone.status, alone.body) == (together.status, together.body), (page, accept)


async def test_a_reader_sees_every_change_at_once(cache: ResponseCache, book: Book, pages: list[str]) -> None:
    for number in range(10):
        title = f"Emma {number}"
        await sync_to_async(Book.objects.change)(book.pk, {"title": title})
        assert (await ask(cache, f"/books/{book.pk}/")).json()["title"] == title
        assert (await ask(cache, "/books/")).json()["books"][0]["title"] == title
        assert title in (await ask(cache, "/", headers=[("accept", "text/html")])).body.decode()
        assert title in (await ask(cache, "/opds/books/")).body.decode()


async def test_who_reads_on_after_a_404_finds_the_book_once_it_is_there(cache: ResponseCache) -> None:
    assert (await ask(cache, "/books/?q=kokoro")).json()["books"] == []
    await sync_to_async(Book.objects.add)({"title": "Kokoro"})
    assert len((await ask(cache, "/books/?q=kokoro")).json()["books"]) == 1


async def test_after_a_merge_readers_are_redirected_until_it_is_undone(cache: ResponseCache, book: Book) -> None:
    other = await sync_to_async(Book.objects.add)({"title": "EMMA: a novel", "authors": ["Austen, Jane"]})
    old = f"/books/{other.pk}/"

    async def read() -> list[Any]:
        """What anybody sees of the two, by JSON and on pages."""
        seen: list[Any] = [[found["id"] for found in (await ask(cache, "/books/?q=emma")).json()["books"]]]
        for accept in ("application/json", "text/html"):
            answer = await ask(cache, old, headers=[("accept", accept)])
            seen += [answer.status, answer.headers.get("location")]
            seen.append(old in (await ask(cache, "/books/", headers=[("accept", accept)])).body.decode())
        return seen

    before = await read()
    assert before == [[book.pk, other.pk], *[200, None, True] * 2]
    await sync_to_async(merge)({book.pk: 1, other.pk: 1}, book.pk, {}, COMMAND)
    assert await read() == [[book.pk], *[301, f"/books/{book.pk}/", False] * 2]
    change = await Change.objects.aget(action=Action.MERGED)
    await sync_to_async(undo)(book.pk, change.pk, COMMAND)
    assert await read() == before


async def test_browsers_and_proxies_may_keep_public_pages_and_ask_each_time(pages: list[str]) -> None:
    for page in pages:
        response = await AsyncClient().get(page)
        assert response["Cache-Control"] == "public, no-cache", page
        assert response["Vary"] == "Accept, Authorization, Cookie"


async def test_nobody_else_may_keep_what_somebody_asked_for(pages: list[str]) -> None:
    client = AsyncClient()
    client.cookies["sessionid"] = "x"
    for page in pages:
        response = await client.get(page)
        assert response["Cache-Control"] == "private, no-cache", page


async def test_where_only_accounts_may_read_nothing_is_public(
    cache: ResponseCache, pages: list[str], settings: Any
) -> None:
    settings.READ_REQUIRES_LOGIN = True
    for page in pages:
        answer = await ask(cache, page)
        assert (answer.status, "public" in answer.headers.get("cache-control", "")) == (401, False)
    assert not cache.responses
