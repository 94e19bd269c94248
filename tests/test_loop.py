"""Nothing blocks the event loop: every URL, read and written, under a watch that raises at any blocking call."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from blockbuster import BlockBuster, BlockBusterFunction, BlockingError, blockbuster_ctx
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client
from django.test.signals import template_rendered
from django.urls import resolve

from books.models import Token
from books.urls import urlpatterns
from books.web import strict_json
from django41_example.server.warm_up import warm_up
from tests import outside
from tests.people import PASSWORD, librarian, owner
from tests.provider import Provider, provider

pytestmark = pytest.mark.django_db(transaction=True)

JSON, HTML = "application/json", "text/html"
FORM = "application/x-www-form-urlencoded"
TYPES = (JSON, HTML, "*/*")

# The status of a GET that accepts JSON, HTML, anything.
READS = """
/                                    200 200 200
/books/                              200 200 200
/books/?q=kokoro&language=en         200 200 200
/settings/                           403 403 403
/books/new/                          406 200 200
/books/{book}/                       200 200 200
/books/{book}.ris                    200 200 200
/books/{book}/edit/                  406 200 200
/books/{book}/delete/                406 200 200
/books/{book}/history/               200 200 200
/books/{book}/history/{change}/undo/ 405 405 405
/books/{book}/history/purge/         403 403 403
/activity/                           200 200 200
/books/{book}/merge/                 200 200 200
/books/{book}/merge/?q={twin}        200 200 200
/duplicates/                         200 200 200
/duplicates/authors/                 200 200 200
/duplicates/authors/{fingerprint}/   404 404 404
/duplicates/authors/{fingerprint}/dismiss/ 405 405 405
/duplicates/{fingerprint}/           200 200 200
/duplicates/{fingerprint}/dismiss/   405 405 405
/books.csv                           200 200 200
/books.jsonl                         200 200 200
/books.xlsx                          200 200 200
/books.goodreads.csv                 200 200 200
/books.marc.xml                      200 200 200
/books.ris                           200 200 200
/books.bib                           200 200 200
/books.csl.json                      200 200 200
/authors/                            200 200 200
/authors/{author}/                   200 200 200
/authors/{author}/edit/              406 200 200
/authors/{author}/history/           200 200 200
/topics/novels/edit/                 406 200 200
/topics/novels/history/              200 200 200
/name-changes/1/undo/                405 405 405
/series/                             200 200 200
/series/{series}/                    200 200 200
/series/{series}/edit/               406 200 200
/series/{series}/history/            200 200 200
/topics/                             200 200 200
/topics/novels/                      200 200 200
/refresh/                            200 200 200
/lookup/?isbn=9780306406157          200 200 200
/jobs/                               200 200 200
/jobs/events/                        406 406 200
/jobs/import/                        200 200 200
/jobs/import/events/                 406 406 200
/jobs/import/books/                  200 200 200
/jobs/import/cancel/                 405 405 405
/jobs/import/retry/                  405 405 405
/jobs/import/files/a.csv/            200 200 200
/uploads/{upload}/                   200 200 200
/accounts/                           200 200 200
/accounts/login/                     406 200 200
/accounts/openid/                    405 405 405
/accounts/openid/callback/           406 404 404
/accounts/logout/                    405 405 405
/accounts/first/                     406 404 404
/accounts/invitation/                406 404 404
/accounts/invitations/9/withdraw/    405 405 405
/accounts/people/                    403 403 403
/accounts/people/9/                  403 403 403
/accounts/password/                  406 200 200
/accounts/new-password/              406 404 404
/accounts/people/1/password-link/    405 405 405
/accounts/tokens/                    200 200 200
/accounts/tokens/{token}/            405 405 405
/accounts/tokens/{token}/revoke/     405 405 405
/opds                                200 200 200
/opds2                               200 200 200
/opds/                               200 200 200
/opds/books/                         200 200 200
/opds/books/{book}/                  200 200 200
/opds/authors/                       200 200 200
/opds/series/                        200 200 200
/opds/topics/                        200 200 200
/opds2/                              200 200 200
/opds2/books/                        200 200 200
/opds2/books/{book}/                 200 200 200
/opds2/authors/                      200 200 200
/opds2/series/                       200 200 200
/opds2/topics/                       200 200 200
/opensearch.xml                      200 200 200
/robots.txt                          200 200 200
/sitemap.xml                         200 200 200
/sitemap-books-1.xml                 200 200 200
/sitemap-authors-1.xml               200 200 200
/sitemap-series-1.xml                200 200 200
/sitemap-topics-1.xml                200 200 200
/openapi.json                        200 200 200
/health_check/                       503 503 503
/health_check/live/                  200 200 200
/lab/                                200 200 200
/lab/sleep/                          200 200 200
/books/new/x/                        404 404 404
"""

# In this order, after the reads; a body that is a dictionary is sent as JSON, text as a form.
WRITES: list[tuple[str, str, Any, int]] = [
    ("POST", "/books/", {"title": "new", "authors": ["A"], "topics": ["T"]}, 201),
    ("POST", "/books/", {"title": ""}, 422),
    ("POST", "/books/new/", "title=typed&authors=A", 303),
    ("POST", "/books/new/", "title=", 422),
    ("PATCH", "/books/{book}/", {"title": "other"}, 200),
    ("PUT", "/books/{book}/", {"title": "Kokoro", "authors": ["夏目 漱石"]}, 200),
    ("POST", "/books/{book}/edit/", "title=Kokoro&authors=夏目 漱石&pages=9&version=3", 303),
    ("POST", "/books/{book}/edit/", "title=stale&version=1", 412),
    ("POST", "/duplicates/authors/{fingerprint}/", "keep={author}&author={author}:1", 422),
    ("POST", "/duplicates/authors/{fingerprint}/", "keep=2&author=2:1&author=99:1", 412),
    ("POST", "/duplicates/authors/{fingerprint}/dismiss/", "count=2&newest=9", 404),
    ("POST", "/duplicates/{fingerprint}/", "keep={book}&book={book}:4", 422),
    ("POST", "/duplicates/{fingerprint}/", "keep={book}&book={book}:1&book={twin}:1", 412),
    ("POST", "/books/{book}/merge/?q={twin}", "keep={book}&book={book}:1&book={twin}:1", 412),
    ("POST", "/duplicates/{fingerprint}/dismiss/", "count=2&newest={twin}", 303),
    ("POST", "/duplicates/{fingerprint}/dismiss/", "", 415),
    ("POST", "/duplicates/{fingerprint}/", "keep={book}&book={book}:4&book={twin}:1", 303),
    ("PATCH", "/authors/{author}/", {"name": "Sōseki", "version": 9}, 200),
    ("POST", "/authors/{author}/edit/", "name=Natsume&version=1", 412),
    ("POST", "/authors/{author}/edit/", "name=Natsume&version=2", 303),
    ("PATCH", "/topics/novels/", {"name": "Fiction"}, 200),
    ("GET", "/topics/novels/?sort=year", {}, 301),
    ("POST", "/topics/fiction/edit/", "name=", 422),
    ("POST", "/name-changes/999999/undo/", "", 404),
    ("DELETE", "/books/{book}/", {}, 204),
    ("POST", "/books/{book}/history/{change}/undo/", "", 409),
    ("POST", "/refresh/", {}, 200),
    ("POST", "/jobs/", {"kind": "export"}, 202),
    ("POST", "/jobs/", "kind=import", 422),
    ("POST", "/jobs/clock/", {}, 202),
    ("DELETE", "/jobs/clock/", {}, 202),
    ("POST", "/jobs/clock/retry/", "", 303),
    ("POST", "/jobs/clock/cancel/", "", 303),
    ("POST", "/accounts/first/", f"secret=x&username=a&password={PASSWORD}&again={PASSWORD}", 404),
    ("POST", "/accounts/password/", f"old=wrong&password={PASSWORD}&again={PASSWORD}", 422),
    ("POST", "/accounts/tokens/", {"name": "a", "scopes": ["read"]}, 201),
    ("POST", "/accounts/tokens/", "", 415),
    ("POST", "/accounts/tokens/{token}/revoke/", "", 303),
    ("DELETE", "/accounts/tokens/{token}/", {}, 404),
    ("POST", "/accounts/login/", "username=librarian&password=wrong", 403),
    ("POST", "/accounts/logout/", "", 303),
]


@pytest.fixture
def ids(db: None) -> dict[str, Any]:
    """Real rows for the URLs, made as clients make them."""
    user = librarian()
    client = Client(headers={"accept": JSON})
    client.force_login(user)
    book, twin = (
        client.post(
            "/books/", {"title": "Kokoro", "authors": ["夏目 漱石"], "series": "S", "topics": ["Novels"], **more}, JSON
        ).json()
        for more in ({"isbn13": "9780306406157"}, {})
    )
    client.post("/jobs/import/", {"file": SimpleUploadedFile("a.csv", b"title")})
    file = {"file": SimpleUploadedFile("b.csv", b"title")}
    checked = client.post("/jobs/", file, headers={"accept": HTML})
    return {
        "upload": checked["Location"].split("/")[2],
        "user": user,
        "book": book["id"],
        "twin": twin["id"],
        "author": client.get("/authors/").json()["authors"][0]["id"],
        "series": client.get("/series/").json()["series"][0]["id"],
        "change": client.get(f"/books/{book['id']}/history/").json()["changes"][0]["id"],
        "fingerprint": client.get("/duplicates/").json()["groups"][0]["fingerprint"],
        "token": Token.objects.issue(user, "test", ["read"], None)[0].pk,
    }


@pytest.fixture
def watch() -> Iterator[BlockBuster]:
    warm_up()  # as the server does before its first request
    with blockbuster_ctx() as blockbuster:
        # A body of 1 MiB takes 0.2 s.
        blockbuster.functions["loads"] = BlockBusterFunction(strict_json, "loads").activate()
        yield blockbuster


@pytest.fixture
async def client(ids: dict[str, Any], async_client: AsyncClient) -> AsyncClient:
    await async_client.aforce_login(ids["user"])
    return async_client


async def test_the_watch_sees_a_blocking_call(watch: BlockBuster) -> None:
    with pytest.raises(BlockingError):
        time.sleep(0.001)  # noqa: ASYNC251


async def answered(response: Any) -> int:
    if response.streaming:
        async with aclosing(response._iterator) as parts:  # what `streaming_content` wraps stays open behind it
            async for part in parts:
                if b"event: job" in part:  # such a stream goes on as long as the job
                    break
    status: int = response.status_code
    return status


async def test_no_read_blocks(client: AsyncClient, ids: dict[str, Any], watch: BlockBuster) -> None:
    expected, seen = {}, {}
    for line in READS.split("\n")[1:-1]:
        url, *statuses = line.split()
        asked = TYPES if "406" in statuses else TYPES[:2]  # who takes anything gets one of the two where both are there
        answers = [await client.get(url.format(**ids), headers={"accept": accepted}) for accepted in asked]
        seen[url] = [await answered(answer) for answer in answers]
        expected[url] = [int(status) for status in statuses[: len(asked)]]
    differs = {url: statuses for url, statuses in seen.items() if statuses != expected[url]}
    assert not differs, differs


async def test_no_write_blocks(client: AsyncClient, ids: dict[str, Any], watch: BlockBuster) -> None:
    wrong = []
    for method, url, sent, expected in WRITES:
        kind, accepted = (FORM, HTML) if isinstance(sent, str) else (JSON, JSON)
        body = sent.format(**ids) if isinstance(sent, str) else json.dumps(sent)
        response = await client.generic(method, url.format(**ids), body, kind, headers={"accept": accepted})
        if (status := await answered(response)) != expected:
            wrong.append((method, url, sent, status))
    assert not wrong, wrong


async def test_pages_are_rendered_in_the_thread_of_their_request(async_client: AsyncClient) -> None:
    threads = set()

    def note(**_: Any) -> None:
        threads.add(threading.get_ident())

    template_rendered.connect(note)
    try:
        for url in ("/", "/books/", "/series/", "/topics/", "/accounts/login/"):
            assert (await async_client.get(url, headers={"accept": HTML})).status_code == 200
    finally:
        template_rendered.disconnect(note)
    assert threads
    assert threading.get_ident() not in threads


def test_every_url_is_watched(ids: dict[str, Any]) -> None:
    read = {resolve(line.split()[0].format(**ids).partition("?")[0]).url_name for line in READS.split("\n")[1:-2]}
    assert read == {pattern.name for pattern in urlpatterns}


@pytest.fixture
def other_catalogue() -> Iterator[outside.Outside]:
    with outside.outside() as server:
        server.does |= {outside.BOOKS: outside.edition(), outside.SEARCH: outside.work()}
        yield server


async def test_looking_up_outside_does_not_block(
    other_catalogue: outside.Outside, watch: BlockBuster, async_client: AsyncClient
) -> None:
    await async_client.aforce_login(await sync_to_async(librarian)())
    for url, accepted, expected in (
        ("/lookup/", JSON, 200),
        ("/lookup/", HTML, 200),
        ("/books/new/", HTML, 200),
    ):
        response = await async_client.get(url, {"isbn": outside.ISBN}, headers={"accept": accepted})
        assert response.status_code == expected
    assert (await async_client.get("/lookup/", {"isbn": "9780131103627"})).status_code == 404
    assert other_catalogue.asked


@pytest.fixture
def their_provider() -> Iterator[Provider]:
    with provider() as there:
        yield there


async def test_signing_in_at_a_provider_does_not_block(
    their_provider: Provider, watch: BlockBuster, async_client: AsyncClient
) -> None:
    await sync_to_async(owner)()
    begun = await async_client.post("/accounts/openid/", {}, headers={"accept": HTML})
    query = their_provider.signs_in(begun.context["url"])
    assert (await async_client.get("/accounts/openid/callback/", query)).status_code == 303
    assert (await async_client.get("/accounts/")).json()["name"] == "ada"
