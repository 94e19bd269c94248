import asyncio
import random
from typing import Any

import pytest

from django41_example.server.compression import zstd
from django41_example.server.response_cache import KeptAnswers
from tests.edge.asgi import Answer, Exchange, ask, until

pytestmark = pytest.mark.once

PUBLIC = (b"Cache-Control", b"public, no-cache")
TEXT = b"a page " * 300


class Site:
    """An application whose every answer tells how often it was asked; `revision` is what its answers are made from."""

    def __init__(self) -> None:
        self.asked, self.revision = 0, 1
        self.is_known = True
        self.status = 200
        self.headers = [PUBLIC, (b"Vary", b"Accept")]
        self.body: bytes | None = None
        self.seen: dict[bytes, bytes] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def confirm(self) -> int | None:
        return self.revision if self.is_known else None

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

    def kept(self, capacity: int = 1 << 20) -> KeptAnswers:
        return KeptAnswers(
            self, confirm=self.confirm, representation=bytes.upper, session="sessionid", capacity=capacity
        )


@pytest.fixture
def site() -> Site:
    return Site()


async def test_an_answer_is_made_once(site: Site) -> None:
    kept = site.kept()
    answers = [await ask(kept, "/books/") for _ in range(3)]
    assert [answer.body for answer in answers] == [b"1"] * 3
    assert (kept.hits, kept.misses) == (2, 1)


async def test_it_is_made_again_when_the_catalogue_has_changed(site: Site) -> None:
    kept = site.kept()
    await ask(kept, "/books/")
    site.revision += 1
    assert (await ask(kept, "/books/")).body == b"2"


async def test_nothing_kept_is_sent_while_the_revision_is_not_known(site: Site) -> None:
    kept = site.kept()
    await ask(kept, "/books/")
    site.is_known = False
    assert (await ask(kept, "/books/")).body == b"2"


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/authors/"},
        {"path": "/books/?q=b"},
        {"headers": [("accept", "text/html")]},
        {"headers": [("host", "other.example")]},
        {"headers": [("x-forwarded-proto", "https")]},
        {"scheme": "https"},
    ],
)
async def test_another_address_host_or_representation_is_another_answer(site: Site, other: dict[str, Any]) -> None:
    kept = site.kept()
    await ask(kept, "/books/?q=a")
    assert (await ask(kept, **{"path": "/books/?q=a", **other})).body == b"2"


async def test_the_order_of_a_query_makes_no_difference(site: Site) -> None:
    kept = site.kept()
    await ask(kept, "/books/?q=a&size=5")
    assert (await ask(kept, "/books/?size=5&q=a")).body == b"1"


@pytest.mark.parametrize(
    ("one", "other"), [("?q=a&q=b", "?q=b&q=a"), ("?q=a&%71=b", "?%71=b&q=a"), ("?a%20=1&a+=2", "?a+=2&a%20=1")]
)
async def test_parameters_of_one_name_keep_their_order(site: Site, one: str, other: str) -> None:
    kept = site.kept()
    await ask(kept, f"/books/{one}")
    assert (await ask(kept, f"/books/{other}")).body == b"2"


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer x")],
        [("cookie", "theme=dark; sessionid=x")],
        [("if-match", '"1"')],
        [("content-length", "5")],
        [("accept", "text/html"), ("accept", "application/json")],
        [("cookie", "a=b"), ("cookie", "sessionid=x")],
        [("accept", "a" * 3000)],
    ],
)
async def test_what_is_asked_by_somebody_is_neither_kept_nor_answered_from_memory(site: Site, headers: Any) -> None:
    kept = site.kept()
    await ask(kept, "/books/")
    assert (await ask(kept, "/books/", headers=headers)).body == b"2"
    assert (await ask(kept, "/books/")).body == b"1"


async def test_other_cookies_do_not_matter(site: Site) -> None:
    kept = site.kept()
    await ask(kept, "/books/")
    assert (await ask(kept, "/books/", headers=[("cookie", "theme=dark")])).body == b"1"


async def test_a_write_is_passed_on(site: Site) -> None:
    kept = site.kept()
    await ask(kept, "/books/")
    assert (await ask(kept, "/books/", method="POST")).body == b"2"


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
async def test_only_what_says_that_it_is_everybodys_is_kept(site: Site, status: int, headers: Any) -> None:
    site.status, site.headers = status, headers
    kept = site.kept()
    answers = [await ask(kept, "/books/") for _ in range(2)]
    assert [answer.body for answer in answers] == [b"1", b"2"]
    assert not kept.shelf.things


async def test_that_there_is_nothing_is_kept_too_and_has_no_etag(site: Site) -> None:
    site.status = 404
    kept = site.kept()
    answers = [await ask(kept, "/books/9/") for _ in range(2)]
    assert [(answer.status, answer.body, answer.headers.get("etag")) for answer in answers] == [(404, b"1", None)] * 2


async def test_a_client_that_has_the_answer_is_told_so_in_a_few_bytes(site: Site) -> None:
    kept = site.kept()
    first = await ask(kept, "/books/")
    etag = first.headers["etag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        again = await ask(kept, "/books/", headers=[("if-none-match", known)])
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == "public, no-cache"
        assert "content-length" not in again.headers
    assert (await ask(kept, "/books/", headers=[("if-none-match", '"other"')])).status == 200


async def test_it_is_told_so_by_an_answer_that_was_not_there_too(site: Site) -> None:
    etag = (await ask(site.kept(), "/books/")).headers["etag"]
    site.asked = 0
    assert (await ask(site.kept(), "/books/", headers=[("if-none-match", etag)])).status == 304
    assert b"if-none-match" not in site.seen


async def test_the_same_bytes_have_the_same_etag_whatever_changed_elsewhere(site: Site) -> None:
    site.body = TEXT
    kept = site.kept()
    first = await ask(kept, "/books/")
    site.revision += 1
    assert (await ask(kept, "/books/")).headers["etag"] == first.headers["etag"]


async def test_each_client_gets_the_coding_that_it_reads(site: Site) -> None:
    site.body = TEXT
    kept = site.kept()
    plain = await ask(kept, "/books/")
    coded = [await ask(kept, "/books/", headers=[("accept-encoding", "gzip, zstd")]) for _ in range(2)]
    for answer in coded:
        assert (zstd.decompress(answer.body), answer.headers["content-encoding"]) == (TEXT, "zstd")
        assert int(answer.headers["content-length"]) == len(answer.body)
        assert "Accept-Encoding" in answer.headers["vary"]
    assert (plain.body, plain.headers["vary"], site.asked) == (TEXT, "Accept, Accept-Encoding", 1)
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
async def test_what_does_not_gain_by_it_is_sent_as_it_is(site: Site, body: bytes, headers: Any) -> None:
    site.body, site.headers = body, headers
    answer = await ask(site.kept(), "/books/", headers=[("accept-encoding", "gzip")])
    assert (answer.body, answer.headers.get("content-encoding") in {None, "br"}) == (body, True)


async def test_many_who_ask_at_once_for_what_is_not_there_cause_it_to_be_made_once(site: Site) -> None:
    site.gate.clear()
    kept = site.kept()
    exchanges = [Exchange(kept, "/books/") for _ in range(20)]
    tasks = [exchange.start() for exchange in exchanges]
    await asyncio.sleep(0)
    site.gate.set()
    await asyncio.gather(*tasks)
    assert [exchange.body for exchange in exchanges] == [b"1"] * 20


async def test_those_who_wait_for_what_may_not_be_kept_are_answered_one_by_one(site: Site) -> None:
    site.gate.clear()
    site.headers = []
    kept = site.kept()
    exchanges = [Exchange(kept, "/books/") for _ in range(3)]
    tasks = [exchange.start() for exchange in exchanges]
    await asyncio.sleep(0)
    site.gate.set()
    await asyncio.gather(*tasks)
    assert sorted(exchange.body for exchange in exchanges) == [b"1", b"2", b"3"]
    assert not kept.being_made


async def test_nobody_waits_for_what_is_known_early_not_to_be_public(site: Site) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        scope.pop("is_not_public", list)()
        await site(scope, receive, send)

    site.gate.clear()
    site.headers = []
    kept = site.kept()
    kept.application = slow
    tasks = [Exchange(kept, "/books/").start() for _ in range(3)]
    await until(lambda: site.asked == 3)
    site.gate.set()
    await asyncio.gather(*tasks)


async def test_what_was_begun_before_a_change_is_not_for_who_asks_after_it(site: Site) -> None:
    site.gate.clear()
    kept = site.kept()
    early = Exchange(kept, "/books/")
    begun = early.start()
    await asyncio.sleep(0)
    site.revision += 1
    late = Exchange(kept, "/books/")
    begun_late = late.start()
    await asyncio.sleep(0)
    site.gate.set()
    await asyncio.gather(begun, begun_late)
    assert (early.body, late.body) == (b"1", b"2")
    assert (await ask(kept, "/books/")).body == b"2"


async def test_a_failure_leaves_nobody_waiting(site: Site) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        await site.gate.wait()
        raise ZeroDivisionError

    site.gate.clear()
    kept = site.kept()
    kept.application = fail
    tasks = [Exchange(kept, "/books/").start() for _ in range(2)]
    await asyncio.sleep(0)
    site.gate.set()
    failed = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in failed] == [ZeroDivisionError] * 2
    assert not kept.being_made


async def test_head_is_answered_by_what_get_has_left(site: Site) -> None:
    kept = site.kept()
    await ask(kept, "/books/", method="HEAD")
    await ask(kept, "/books/")
    head = await ask(kept, "/books/", method="HEAD")
    assert (site.asked, head.headers["content-length"]) == (2, "1")


async def test_an_answer_beyond_its_part_of_the_memory_is_not_kept(site: Site) -> None:
    site.body = b"x" * 2001
    kept = site.kept(100_000)
    await ask(kept, "/books/")
    assert (await ask(kept, "/books/")).body == site.body
    assert (site.asked, kept.shelf.size) == (2, 0)


async def test_the_memory_stays_within_its_bound(site: Site) -> None:
    kept = site.kept(200_000)
    for number in range(300):
        await ask(kept, f"/books/?q={number}")
    assert 100_000 < kept.shelf.size <= 200_000


async def test_a_request_s_own_name_is_not_kept(site: Site) -> None:
    site.headers = [PUBLIC, (b"X-Request-Id", b"one")]
    kept = site.kept()
    answers: list[Answer] = [await ask(kept, "/books/") for _ in range(2)]
    assert ["x-request-id" in answer.headers for answer in answers] == [False, False]
