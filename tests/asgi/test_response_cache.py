import asyncio
import random
import tracemalloc
import zlib
from typing import Any

import orjson
import pytest

from django41_example.server.forwarded import ForwardedHeaders
from django41_example.server.request_head import accepted_encodings
from django41_example.server.response_cache import ENCODERS, ResponseCache, zstd  # type: ignore[attr-defined]
from tests.asgi.client import Answer, Exchange, ask, until

pytestmark = pytest.mark.once

PUBLIC = (b"Cache-Control", b"public, no-cache")
TEXT = b"a page " * 300


class Site:
    """An application whose every response counts the requests so far. `version` is its catalogue's."""

    def __init__(self) -> None:
        self.asked, self.version = 0, 1
        self.is_known = True
        self.status = 200
        self.headers = [PUBLIC, (b"Vary", b"Accept")]
        self.body: bytes | None = None
        self.seen: dict[bytes, bytes] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def validate(self) -> int | None:
        return self.version if self.is_known else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        self.seen = dict(scope["headers"])
        body = b"%d" % self.asked if self.body is None else self.body
        await self.gate.wait()
        headers = [*self.headers, (b"Content-Length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        middle = len(body) // 2
        await send({"type": "http.response.body", "body": body[:middle], "more_body": True})
        await send({"type": "http.response.body", "body": body[middle:]})

    def cache(self, capacity: int = 1 << 20) -> ResponseCache:
        return ResponseCache(
            self, validate=self.validate, is_public=lambda path: path != "/private/", capacity=capacity
        )


@pytest.fixture
def site() -> Site:
    return Site()


async def test_a_response_is_computed_once(site: Site) -> None:
    cache = site.cache()
    answers = [await ask(cache, "/books/") for _ in range(3)]
    assert [answer.body for answer in answers] == [b"1"] * 3
    assert (cache.hits, cache.misses) == (2, 1)


async def test_it_is_computed_again_when_the_catalogue_has_changed(site: Site) -> None:
    cache = site.cache()
    await ask(cache, "/books/")
    site.version += 1
    assert (await ask(cache, "/books/")).body == b"2"


async def test_the_cache_is_not_used_while_the_version_is_unknown(site: Site) -> None:
    cache = site.cache()
    await ask(cache, "/books/")
    site.is_known = False
    assert (await ask(cache, "/books/")).body == b"2"


async def test_the_version_is_not_asked_for_again_where_the_server_has_told_it(site: Site) -> None:
    site.is_known = False
    cache, told = site.cache(), list[bytes]()
    for version in (0, 0, 1):
        exchange = Exchange(cache, "/books/")
        exchange.scope["catalogue_version"] = version
        told.append((await exchange.answer()).body)
    assert told == [b"1", b"1", b"2"]


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/authors/"},
        {"path": "/books/?q=b"},
        {"headers": [("accept", "text/html")]},
        {"headers": [("host", "other.example")]},
        {"scheme": "https"},
    ],
)
async def test_another_url_host_or_accept_header_is_another_response(site: Site, other: dict[str, Any]) -> None:
    cache = site.cache()
    await ask(cache, "/books/?q=a")
    assert (await ask(cache, **{"path": "/books/?q=a", **other})).body == b"2"


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer x")],
        [("cookie", "sessionid=x")],
        [("cookie", "django_language=de")],
        [("if-match", '"1"')],
        [("content-length", "5")],
        [("accept", "text/html"), ("accept", "application/json")],
        [("cookie", "a=b"), ("cookie", "sessionid=x")],
        [("accept", "a" * 3000)],
    ],
)
async def test_a_personal_request_neither_reads_nor_fills_the_cache(site: Site, headers: Any) -> None:
    cache = site.cache()
    await ask(cache, "/books/")
    assert (await ask(cache, "/books/", headers=headers)).body == b"2"
    assert (await ask(cache, "/books/")).body == b"1"


async def test_nor_does_a_request_of_whom_a_proxy_names(site: Site) -> None:
    behind_proxy = ForwardedHeaders(site.cache(), 1, user_header="Remote-User")
    answers = [await ask(behind_proxy, "/books/", headers=headers) for headers in ([], [("remote-user", "ada")], [])]
    assert [answer.body for answer in answers] == [b"1", b"2", b"1"]


async def test_one_visitors_cookie_does_not_colour_the_page_of_another() -> None:
    async def coloured(scope: Any, receive: Any, send: Any) -> None:
        body = dict(scope["headers"]).get(b"cookie", b"plain")
        headers = [PUBLIC, (b"Vary", b"Cookie"), (b"Content-Length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    site = Site()
    cache = ResponseCache(coloured, validate=site.validate, is_public=bool, capacity=1 << 20)
    bodies = [(await ask(cache, "/books/", headers=cookie)).body for cookie in ([("cookie", "theme=dark")], [], [])]
    assert bodies == [b"theme=dark", b"plain", b"plain"]


async def test_a_write_is_passed_on(site: Site) -> None:
    cache = site.cache()
    await ask(cache, "/books/")
    assert (await ask(cache, "/books/", method="POST")).body == b"2"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, []),
        (200, [(b"Cache-Control", b"private, no-cache")]),
        (200, [(b"Cache-Control", b"public, max-age=60")]),
        (200, [PUBLIC, (b"Set-Cookie", b"a=b")]),
        (200, [PUBLIC, (b"Vary", b"Accept, User-Agent")]),
        (503, [PUBLIC]),
        (302, [PUBLIC]),
    ],
)
async def test_only_a_response_that_says_so_is_cached(site: Site, status: int, headers: Any) -> None:
    site.status, site.headers = status, headers
    cache = site.cache()
    answers = [await ask(cache, "/books/") for _ in range(2)]
    assert [answer.body for answer in answers] == [b"1", b"2"]
    assert not cache.responses


async def test_a_404_is_cached_and_has_no_etag(site: Site) -> None:
    site.status = 404
    cache = site.cache()
    answers = [await ask(cache, "/books/9/") for _ in range(2)]
    assert [(answer.status, answer.body, answer.headers.get("etag")) for answer in answers] == [(404, b"1", None)] * 2


async def test_a_client_that_has_the_response_gets_a_304(site: Site) -> None:
    cache = site.cache()
    first = await ask(cache, "/books/")
    etag = first.headers["etag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        again = await ask(cache, "/books/", headers=[("if-none-match", known)])
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == "public, no-cache"
        assert "content-length" not in again.headers
    assert (await ask(cache, "/books/", headers=[("if-none-match", '"other"')])).status == 200


async def test_it_gets_a_304_on_a_miss_too(site: Site) -> None:
    etag = (await ask(site.cache(), "/books/")).headers["etag"]
    site.asked = 0
    assert (await ask(site.cache(), "/books/", headers=[("if-none-match", etag)])).status == 304
    assert b"if-none-match" not in site.seen


async def test_the_same_bytes_have_the_same_etag_whatever_changed_elsewhere(site: Site) -> None:
    site.body = TEXT
    cache = site.cache()
    first = await ask(cache, "/books/")
    site.version += 1
    assert (await ask(cache, "/books/")).headers["etag"] == first.headers["etag"]


async def test_each_client_gets_an_encoding_that_it_accepts(site: Site) -> None:
    site.body = TEXT
    cache = site.cache()
    plain = await ask(cache, "/books/")
    coded = [await ask(cache, "/books/", headers=[("accept-encoding", "gzip, zstd")]) for _ in range(2)]
    for answer in coded:
        assert (zstd.decompress(answer.body), answer.headers["content-encoding"]) == (TEXT, "zstd")
        assert int(answer.headers["content-length"]) == len(answer.body)
        assert "Accept-Encoding" in answer.headers["vary"]
    assert (plain.body, plain.headers["vary"], site.asked) == (TEXT, "Accept, Accept-Encoding", 2)
    assert plain.headers["etag"] != coded[0].headers["etag"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"short", [PUBLIC]),
        (TEXT, [PUBLIC, (b"ETag", b'"7"')]),
        (TEXT, [PUBLIC, (b"Content-Encoding", b"br")]),
        (random.Random(1).randbytes(2000), [PUBLIC]),
    ],
)
async def test_what_compression_does_not_shorten_is_sent_as_it_is(site: Site, body: bytes, headers: Any) -> None:
    site.body, site.headers = body, headers
    answer = await ask(site.cache(), "/books/", headers=[("accept-encoding", "gzip")])
    assert (answer.body, answer.headers.get("content-encoding") in {None, "br"}) == (body, True)


async def test_requests_that_miss_the_same_response_at_once_compute_it_once(site: Site) -> None:
    site.gate.clear()
    cache = site.cache()
    exchanges = [Exchange(cache, "/books/") for _ in range(20)]
    tasks = [exchange.start() for exchange in exchanges]
    await asyncio.sleep(0)
    site.gate.set()
    await asyncio.gather(*tasks)
    assert [exchange.body for exchange in exchanges] == [b"1"] * 20


async def test_those_who_wait_for_what_may_not_be_cached_are_answered_by_the_application(site: Site) -> None:
    site.gate.clear()
    site.headers = []
    cache = site.cache()
    exchanges = [Exchange(cache, "/books/") for _ in range(3)]
    tasks = [exchange.start() for exchange in exchanges]
    await asyncio.sleep(0)
    site.gate.set()
    await asyncio.gather(*tasks)
    assert sorted(exchange.body for exchange in exchanges) == [b"1", b"2", b"3"]
    assert not cache.in_flight


async def test_nobody_waits_for_what_is_not_public(site: Site) -> None:
    site.gate.clear()
    cache = site.cache()
    tasks = [Exchange(cache, "/private/").start() for _ in range(3)]
    await until(lambda: site.asked == 3)
    site.gate.set()
    await asyncio.gather(*tasks)
    assert not cache.responses


async def test_nobody_waits_for_the_end_of_what_may_not_be_cached(site: Site) -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        site.asked += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await site.gate.wait()
        await send({"type": "http.response.body", "body": b""})

    site.gate.clear()
    cache = site.cache()
    cache.application = endless
    tasks = [Exchange(cache, "/books/").start() for _ in range(3)]
    await until(lambda: site.asked == 3)
    site.gate.set()
    await asyncio.gather(*tasks)


async def test_a_response_begun_before_a_change_is_not_for_a_request_after_it(site: Site) -> None:
    site.gate.clear()
    cache = site.cache()
    early = Exchange(cache, "/books/")
    begun = early.start()
    await asyncio.sleep(0)
    site.version += 1
    late = Exchange(cache, "/books/")
    begun_late = late.start()
    await asyncio.sleep(0)
    site.gate.set()
    await asyncio.gather(begun, begun_late)
    assert (early.body, late.body) == (b"1", b"2")
    assert (await ask(cache, "/books/")).body == b"2"


async def test_a_failure_leaves_nobody_waiting(site: Site) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        await site.gate.wait()
        raise ZeroDivisionError

    site.gate.clear()
    cache = site.cache()
    cache.application = fail
    tasks = [Exchange(cache, "/books/").start() for _ in range(2)]
    await asyncio.sleep(0)
    site.gate.set()
    failed = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in failed] == [ZeroDivisionError] * 2
    assert not cache.in_flight


async def test_head_is_answered_from_the_response_to_get(site: Site) -> None:
    cache = site.cache()
    await ask(cache, "/books/", method="HEAD")
    await ask(cache, "/books/")
    head = await ask(cache, "/books/", method="HEAD")
    assert (site.asked, head.headers["content-length"]) == (2, "1")


async def test_a_response_beyond_its_share_is_not_cached(site: Site) -> None:
    site.body = b"x" * 4001
    cache = site.cache(100_000)
    await ask(cache, "/books/")
    assert (await ask(cache, "/books/")).body == site.body
    assert (site.asked, cache.responses.currsize) == (2, 0)


async def test_responses_take_no_more_memory_than_the_cache_counts(site: Site) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = orjson.dumps({"path": scope["path"], "text": "x" * 4500})
        headers = [PUBLIC, (b"Content-Length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    taken = []
    for _ in range(3):  # threads of other tests may take some, too
        cache = ResponseCache(application, validate=site.validate, is_public=bool, capacity=1 << 20)
        await ask(cache, "/books/")
        tracemalloc.start()
        for number in range(50):
            await ask(cache, f"/books/?q={number}")
        taken.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert min(taken) < cache.responses.currsize


async def test_the_cache_stays_within_its_capacity(site: Site) -> None:
    cache = site.cache(200_000)
    for number in range(300):
        await ask(cache, f"/books/?q={number}")
    assert 100_000 < cache.responses.currsize <= 200_000


async def test_a_request_id_is_not_cached(site: Site) -> None:
    site.headers = [PUBLIC, (b"X-Request-Id", b"one")]
    cache = site.cache()
    answers: list[Answer] = [await ask(cache, "/books/") for _ in range(2)]
    assert ["x-request-id" in answer.headers for answer in answers] == [False, False]


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (b"gzip, deflate, br, zstd", b"zstd"),
        (b"GZIP", b"gzip"),
        (b"zstd;q=0.5, gzip;q=0.8", b"gzip"),
        (b"zstd;q=0, *", b"gzip"),
        (b"*", b"zstd"),
        (b"br", b"identity"),
        (b"", b"identity"),
        (b"identity", b"identity"),
        (b"gzip;q=0", b"identity"),
        (b"gzip;q=none, zstd;;", b"identity"),
    ],
)
def test_the_best_encoding_that_the_client_accepts_is_chosen(header: bytes, encoding: bytes) -> None:
    assert accepted_encodings(header)[0] == encoding


def test_what_is_compressed_can_be_read_again() -> None:
    body = b"Kokoro " * 500
    assert zstd.decompress(ENCODERS[b"zstd"](body)) == body
    assert zlib.decompress(ENCODERS[b"gzip"](body), wbits=31) == body
