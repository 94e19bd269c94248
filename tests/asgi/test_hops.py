"""What a page costs: hand-overs to threads, threads that are started for it, and what it leaves in memory."""

import gc
import threading
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.db.models import CharField, F
from django.db.utils import ConnectionHandler

from books.models import Book
from books.search.compiled_query import CompiledQuery, Parameter
from books.views.base import CatalogueView
from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from django41_example.server.request_log import RequestLog
from django41_example.server.static_files import StaticFiles
from django41_example.server.threads import Call, Checkout, in_thread
from tests.asgi.client import ask, until
from tests.asgi.conftest import MakePool
from tests.caching import subscribed  # noqa: F401 - a fixture
from tests.people import cookies_of, librarian

pytestmark = pytest.mark.django_db(transaction=True)

JSON = [("accept", "application/json")]
HTML = [("accept", "text/html")]
# How many hops each may cost: one for each queryset that it iterates.
PAGES = {
    "/": 3,
    "/books/": 3,
    "/books/?q=kokoro": 3,
    "/books/{}/": 4,
    "/authors/": 3,
    "/topics/": 3,
    "/health_check/live/": 0,
}


@pytest.fixture
def catalogue(make_pool: MakePool) -> Any:
    """The application as the server has it."""
    handler = Handler(make_pool(), server_refusal, body_limit=django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return RequestLog(StaticFiles(handler))


class Count:
    hops = threads = connections = 0


@pytest.fixture
async def count(monkeypatch: Any) -> Count:
    count = Count()
    start_call, start = Call.start, threading.Thread.start

    def hop(*arguments: Any) -> None:
        count.hops += 1
        start_call(*arguments)

    def begin(thread: threading.Thread) -> None:
        count.threads += 1
        start(thread)

    create_connection = ConnectionHandler.create_connection

    def create(*arguments: Any) -> Any:
        count.connections += 1
        return create_connection(*arguments)

    monkeypatch.setattr(ConnectionHandler, "create_connection", create)
    monkeypatch.setattr(Call, "start", hop)
    monkeypatch.setattr(threading.Thread, "start", begin)
    return count


@pytest.fixture
def pages() -> dict[str, int]:
    book = Book.objects.add({"title": "Kokoro", "authors": ["夏目 漱石"], "topics": ["Novels"], "pages": 201})
    return {page.format(book.pk): hops for page, hops in PAGES.items()}


@pytest.mark.parametrize("accept", [JSON, HTML])
async def test_an_anonymous_page_costs_few_hops_and_starts_no_thread_and_no_connection(
    accept: Any, catalogue: Any, pages: dict[str, int], count: Count
) -> None:
    for page, hops in pages.items():
        await ask(catalogue, page, headers=accept)  # the first one starts the thread
        count.hops = count.threads = count.connections = 0
        answer = await ask(catalogue, page, headers=accept)
        assert (answer.status, count.threads, count.connections) == (200, 0, 0), page
        # A page reads the catalogue's name too, where no version is known by which it could be cached.
        assert count.hops <= hops + (accept is HTML), page


@pytest.mark.usefixtures("subscribed")
@pytest.mark.parametrize("accept", [JSON, HTML])
async def test_a_list_of_books_costs_one_hop_once_it_is_counted_and_none_on_postgresql(
    accept: Any, catalogue: Any, pages: dict[str, int], count: Count
) -> None:
    await ask(catalogue, "/books/", headers=accept)
    count.hops = count.connections = 0
    await ask(catalogue, "/books/", headers=accept)
    assert (count.hops, count.connections) == (connection.vendor == "sqlite", 0)


async def test_a_query_gives_the_same_rows_in_a_request_as_outside(make_pool: MakePool, pages: dict[str, int]) -> None:
    rows = Book.objects.filter(title__lt=Parameter("end", CharField())).values_list("title", F("pages") % 2, "isbn13")
    query = CompiledQuery(rows)
    assert await query.aread(end="L%s") == [("Kokoro", 1, None)]
    with Checkout(make_pool(), writes=False):
        for _ in range(3):  # on PostgreSQL by the thread, which opens the connection; then by the event loop
            assert await query.aread(end="L%s") == [("Kokoro", 1, None)]
            assert await in_thread(query.read, end="L%s") == [("Kokoro", 1, None)]


@pytest.fixture
def session() -> str:
    """The cookie of somebody who has signed in."""
    return cookies_of(librarian()).output(attrs=[], header="").strip()


@pytest.mark.once
@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_an_answered_request_is_freed_without_the_garbage_collector(
    is_signed_in: bool, catalogue: Any, pages: dict[str, int], session: str
) -> None:
    def alive() -> int:
        return sum(isinstance(each, ASGIRequest | CatalogueView) for each in gc.get_objects())

    headers = [*HTML, ("cookie", session)] if is_signed_in else JSON
    gc.collect()
    before = alive()
    gc.disable()
    try:
        for page in [*pages, "/nowhere/"]:
            await ask(catalogue, page, headers=headers)
            await until(lambda: alive() == before)  # the thread may still be about to let go of its last call
    finally:
        gc.enable()


async def test_who_is_signed_in_is_read_in_one_hop(catalogue: Any, session: str, count: Count) -> None:
    answer = await ask(catalogue, "/openapi.json", headers=[("cookie", session)])
    assert (answer.status, count.hops) == (200, 1)


async def test_a_page_that_may_have_messages_takes_no_hop_for_them(catalogue: Any, session: str, count: Count) -> None:
    answer = await ask(catalogue, "/accounts/password/", headers=[*HTML, ("cookie", session)])
    assert (answer.status, count.hops) == (200, 3)  # who it is, the catalogue's name, and the page


@pytest.mark.parametrize("path", ["/health_check/live/", "/openapi.json", "/nowhere", "/books", "/static/nowhere.css"])
async def test_what_reads_nothing_needs_no_thread(path: str, catalogue: Any, make_pool: MakePool) -> None:
    pool = make_pool()
    await ask(Handler(pool, server_refusal, body_limit=1000), path, headers=HTML)
    assert pool.started == 0
