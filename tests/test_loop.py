"""Nothing blocks the event loop: every address, read and written, under a watch that raises at any blocking call."""

import json
import time
from collections.abc import Iterator
from contextlib import aclosing
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from blockbuster import BlockBuster, BlockingError, blockbuster_ctx
from django.test import AsyncClient
from django.urls import URLPattern
from django.utils import timezone

from books.jobs.start import start
from books.jobs.tasks.clock import clock
from books.models import Book, JobFile, Worker
from books.urls import urlpatterns
from django41_example import asgi
from tests import outside
from tests.people import PASSWORD, librarian

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"accept": "application/json"}
HTML = {"accept": "text/html"}

# Every address by its name: what is sent to it besides GET.
WRITES: dict[str, list[tuple[str, Any]]] = {
    "home": [],
    "book_list": [("post", {"title": "new", "authors": ["A"], "topics": ["T"]}), ("post", {"title": ""})],
    "book_new": [("form", {"title": "typed", "authors": "A\nB"}), ("form", {"title": ""})],
    "book_detail": [("patch", {"title": "other"}), ("put", {"title": "again"})],
    "book_edit": [("form", {"title": "typed", "version": "3"}), ("form", {"title": "stale", "version": "1"})],
    "book_delete": [("form", {"version": "1"})],
    "book_history": [],
    "change_undo": [("form", {})],
    "duplicate_list": [],
    "duplicate_detail": [
        ("form", {"keep": "1", "book": ["1:1"]}),
        ("form", {"keep": "1", "book": ["1:9", "2:1"]}),
        ("form", {"keep": "1", "book": ["1:1", "2:1"]}),
    ],
    "duplicate_dismiss": [("form", {"count": "2", "newest": "2"}), ("form", {})],
    "export_csv": [],
    "export_jsonl": [],
    "author_list": [],
    "author_detail": [],
    "topic_list": [],
    "refresh": [("post", {})],
    "topic_detail": [],
    "lookup": [],
    "job_list": [
        ("post", {"kind": "export"}),
        ("form", {"kind": "import", "file": BytesIO(b"title\nx\n")}),
        ("form", {}),
    ],
    "job_detail": [("post", {}), ("delete", {})],
    "job_cancel": [("form", {})],
    "job_retry": [("form", {})],
    "job_file": [],
    "job_events": [],
    "all_job_events": [],
    "login": [("form", {"username": "librarian", "password": "wrong"}), ("form", {})],
    "logout": [("form", {})],
    "first_account": [("form", {"secret": "x", "username": "a", "password": PASSWORD, "again": PASSWORD})],
    "password_change": [("form", {"old": "wrong", "password": PASSWORD, "again": PASSWORD})],
    "token_list": [("post", {"name": "a", "scopes": ["read"]}), ("form", {})],
    "token_detail": [("delete", {})],
    "token_revoke": [("form", {})],
    "openapi": [],
    "opds": [],
    "opds_books": [],
    "opds_book": [],
    "opds_authors": [],
    "opds_topics": [],
    "opds2": [],
    "opds2_books": [],
    "opds2_book": [],
    "opds2_authors": [],
    "opds2_topics": [],
    "opensearch": [],
    "robots": [],
    "sitemap": [],
    "sitemap_books": [],
    "sitemap_authors": [],
    "sitemap_topics": [],
    "lab": [],
    "lab_way": [],
    "health_check": [],
    "health_check_live": [],
}


@pytest.fixture
def watch() -> Iterator[BlockBuster]:
    asgi.warm_up()  # as the server does before its first request
    with blockbuster_ctx() as blockbuster:
        yield blockbuster


async def test_the_watch_sees_a_blocking_call(watch: BlockBuster) -> None:
    with pytest.raises(BlockingError):
        time.sleep(0.001)  # noqa: ASYNC251


def test_every_address_is_watched() -> None:
    assert {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)} == WRITES.keys()


@pytest.fixture
def addresses(db: None) -> dict[str, str]:
    book = Book.objects.add(
        {"title": "Kokoro", "authors": ["夏目 漱石"], "topics": ["Novels"], "isbn13": "9780306406157"}
    )
    author = book.authors.get()
    Book.objects.add({"title": "Kokoro!", "authors": ["夏目漱石"]})
    job, _ = start(clock, {"seconds": 1}, key="job")
    Worker.objects.create(name="somebody", seen_at=timezone.now() + timedelta(hours=1))
    JobFile.objects.create(job=job, name="a.csv").append(b"a")
    keys = dict.fromkeys(WRITES, book.pk) | {"author_detail": author.pk}
    patterns = {pattern.name: str(pattern.pattern) for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    return {
        name: "/"
        + route.replace("<id:pk>", "1" if name.startswith("sitemap") else str(keys.get(name)))
        .replace("<topic:slug>", "novels")
        .replace("<fingerprint:fingerprint>", str(book.fingerprint))
        .replace("<id:change>", "1")
        .replace("<key:key>", "job")
        .replace("<str:name>", "a.csv")
        .replace("<str:way>", "orm")
        for name, route in patterns.items()
    }


async def answered(response: Any) -> int:
    if response.streaming:
        async with aclosing(response.streaming_content) as parts:
            async for part in parts:
                if b"event: job" in part:  # such a stream goes on as long as the job
                    break
    status: int = response.status_code
    return status


@pytest.mark.parametrize("name", WRITES)
async def test_an_address_does_not_block(
    name: str, addresses: dict[str, str], watch: BlockBuster, async_client: AsyncClient
) -> None:
    address = addresses[name]
    await async_client.aforce_login(await sync_to_async(librarian)())
    for headers in (JSON, HTML, {"accept": "*/*", "accept-encoding": "gzip"}):
        assert await answered(await async_client.get(address, headers=headers)) in {200, 404, 405, 406, 422}
    assert await answered(await async_client.get(f"{address}x/", headers=HTML)) == 404
    for method, sent in WRITES[name]:
        if method == "form":
            response = await async_client.post(address, sent, headers=HTML)
        else:
            response = await getattr(async_client, method)(address, json.dumps(sent), content_type="application/json")
        assert await answered(response) in {200, 201, 202, 204, 303, 403, 404, 409, 412, 422}


@pytest.fixture
def other_catalogue() -> Iterator[outside.Outside]:
    with outside.outside() as server:
        server.does |= {outside.BOOKS: outside.edition(), outside.SEARCH: outside.work()}
        yield server


async def test_asking_outside_does_not_block(
    other_catalogue: outside.Outside, watch: BlockBuster, async_client: AsyncClient
) -> None:
    await async_client.aforce_login(await sync_to_async(librarian)())
    for headers in (JSON, HTML):
        for address in ("/lookup/", "/books/new/"):
            response = await async_client.get(address, {"isbn": outside.ISBN}, headers=headers)
            assert response.status_code in {200, 406}
    assert (await async_client.get("/lookup/", {"isbn": "9780131103627"})).status_code == 404
    assert other_catalogue.asked
