"""Asking outside: what the catalogues' answers become, and how each kind of bad answer ends, in time, with a reason."""

import asyncio
import re
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now

from books.lookup.client import MAX_BYTES
from books.lookup.lookup import Outcome, alook_up
from books.models import CachedLookup, Source
from books.models.lookup import BURST, FAILURES, RateLimited
from tests import outside as behaviour
from tests.outside import BOOKS, GOOGLE, ISBN, SEARCH, Outside, edition, knows, leads_to, refuses, volume, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

KEY = {"GOOGLE_BOOKS_KEY": "our key"}
TOO_LATE = "no complete response within"


@pytest.fixture
def server() -> Iterator[Outside]:
    with behaviour.outside() as server:
        server.does |= {BOOKS: edition(), SEARCH: work()}
        yield server


async def test_a_book_is_found_with_all_that_the_two_answers_say(server: Outside) -> None:
    answer = await alook_up(ISBN)
    assert answer.outcome == Outcome.FOUND
    assert answer.serialized()["record"] == {
        "title": "The Example",
        "subtitle": "A Book of Samples",
        "authors": ["Ann Author"],
        "publisher": "Sample Press",
        "published_year": 1984,
        "language": "en",
        "pages": 320,
        "description": "Of samples.",
        "topics": ["Samples", "Examples"],
        "series": "Great Samples",
        "series_number": 7,
    }
    assert set(answer.origins.values()) == {"Open Library"}


async def test_we_say_who_we_are_and_ask_for_plain_json(server: Outside) -> None:
    await alook_up(ISBN)
    for _, _, headers, _ in server.asked:
        assert "book-catalogue" in headers["user-agent"]
        assert (headers["accept"], headers["accept-encoding"]) == ("application/json", "identity")
        assert "x-goog-api-key" not in headers


async def test_what_nobody_knows_is_nothing_with_a_reason(server: Outside) -> None:
    server.does[BOOKS] = knows({})
    answer = await alook_up(ISBN)
    assert (answer.outcome, answer.reasons) == (Outcome.NOTHING, "Open Library has no book with this ISBN.")
    assert server.paths == [BOOKS]


async def test_a_second_catalogue_fills_what_the_first_leaves_empty() -> None:
    with behaviour.outside(**KEY) as server:
        server.does |= {BOOKS: edition(description="", publishers=[]), SEARCH: work()}
        server.does[GOOGLE] = volume(title="Other title", publisher="G", description="By <b>others</b> &amp; us.")
        answer = await alook_up(ISBN)
    assert (answer.record["title"], answer.record["publisher"]) == ("The Example", "G")
    assert answer.record["description"].split() == ["By", "others", "&", "us."]
    assert (answer.origins["title"], answer.origins["publisher"]) == ("Open Library", "Google Books")


async def test_the_key_goes_in_a_header_where_no_log_shows_it() -> None:
    with behaviour.outside(**KEY) as server:
        server.does |= {BOOKS: knows({}), GOOGLE: volume()}
        assert (await alook_up(ISBN)).record["title"] == "The Example"
    path, query, headers, _ = server.asked[-1]
    assert (path, headers["x-goog-api-key"], query["q"]) == (GOOGLE, "our key", f"isbn:{ISBN}")
    assert "our key" not in query.values()


async def test_who_knows_all_leaves_nothing_to_ask_the_next() -> None:
    with behaviour.outside(**KEY) as server:
        server.does |= {BOOKS: edition(), SEARCH: work()}
        await alook_up(ISBN)
    assert GOOGLE not in server.paths


async def test_one_that_fails_does_not_hide_what_the_other_knows() -> None:
    with behaviour.outside(**KEY) as server:
        server.does |= {BOOKS: refuses(403), GOOGLE: volume()}
        answer = await alook_up(ISBN)
    assert answer.outcome == Outcome.FOUND
    assert [said.outcome for said in answer.sources] == [Outcome.FAILED, Outcome.FOUND]
    assert not await CachedLookup.objects.aexists()


async def test_a_volume_with_another_isbn_is_not_the_book() -> None:
    with behaviour.outside(**KEY) as server:
        server.does |= {BOOKS: knows({}), GOOGLE: volume("9780131103627")}
        assert (await alook_up(ISBN)).outcome == Outcome.NOTHING


BAD: dict[str, tuple[behaviour.Behaviour, str]] = {
    "slow": (behaviour.SLOW, TOO_LATE),
    "silent": (behaviour.says_nothing, TOO_LATE),
    "endless": (behaviour.ENDLESS, "more than 1 MiB"),
    "gzip bomb": (behaviour.BOMB, "compressed"),
    "broken": (behaviour.BROKEN, "not JSON"),
    "deep": (behaviour.DEEP, "too many parts"),
    "just too deep": (behaviour.answers(b"[" * 2000 + b"]" * 2000), "not JSON"),
    "bushy": (behaviour.BUSHY, "too many parts"),
    "a list": (knows([]), "another shape"),
    "text": (behaviour.answers(b"<html>"), "not JSON"),
    "empty": (behaviour.answers(b""), "not JSON"),
    "no HTTP": (behaviour.raw(b"220 mail.example ESMTP\r\n"), "not speak HTTP"),
    "cut short": (behaviour.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), "not speak HTTP"),
    "a head without end": (behaviour.raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000), "not speak HTTP"),
    "hangs up": (behaviour.hangs_up, "closed the connection"),
    "fault": (refuses(500), "a server error"),
    "forbidden": (refuses(403), "refused the request"),
    "too many": (refuses(429, "Retry-After: 7"), "asked for a pause"),
    "busy": (refuses(503, "Retry-After: 7"), "asked for a pause"),
    "to loopback": (leads_to("http://127.0.0.1:9/"), "another server"),
    "to a metadata address": (leads_to("http://169.254.169.254/latest/meta-data/"), "another server"),
    "to a file": (leads_to("file:///etc/passwd"), "another server"),
    "to a user's host": (leads_to("//user@127.0.0.1:1/"), "another server"),
    "to no address": (leads_to("http://[::1"), "not speak HTTP"),
    "in a circle": (leads_to(BOOKS), "in a circle"),
}


@pytest.mark.parametrize("way", BAD)
async def test_a_bad_answer_ends_in_time_with_its_reason(way: str, server: Outside, settings: Any) -> None:
    server.does[BOOKS], reason = BAD[way]
    if reason == TOO_LATE:
        settings.LOOKUP_SECONDS = 0.5
    answer = await alook_up(ISBN)
    assert answer.outcome == Outcome.FAILED
    assert reason in answer.reasons
    assert set(server.paths) == {BOOKS}
    assert not await CachedLookup.objects.aexists()


@pytest.mark.parametrize("way", ["endless", "gzip bomb", "bushy", "deep"])
async def test_a_bad_answer_takes_little_memory(way: str, server: Outside) -> None:
    server.does[BOOKS] = BAD[way][0]
    await alook_up(ISBN)  # what is made once, is made
    await Source.objects.all().adelete()
    tracemalloc.start()
    try:
        await alook_up(ISBN)
        assert tracemalloc.get_traced_memory()[1] < 5 * MAX_BYTES
    finally:
        tracemalloc.stop()


async def test_where_nobody_listens_it_cannot_be_reached(settings: Any) -> None:
    with behaviour.outside() as server:
        pass
    settings.OPENLIBRARY_URL, settings.LOOKUP_RATE = server.url, 1000
    assert (await alook_up(ISBN)).reasons == "Open Library cannot be reached."


async def test_a_redirect_within_the_server_is_followed(server: Outside) -> None:
    server.does |= {BOOKS: leads_to("/moved"), "/moved": edition()}
    assert (await alook_up(ISBN)).outcome == Outcome.FOUND


async def test_no_connection_goes_to_a_server_that_a_redirect_names(server: Outside) -> None:
    other = Outside()
    server.does[BOOKS] = leads_to(f"{other.url}{BOOKS}")
    answer = await alook_up(ISBN)
    other.close()
    assert (answer.outcome, other.asked) == (Outcome.FAILED, [])


async def test_a_proxy_of_the_environment_is_not_used(server: Outside, monkeypatch: Any) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await alook_up(ISBN)).outcome == Outcome.FOUND


async def test_a_fault_that_passes_is_got_over_by_a_second_try(server: Outside) -> None:
    tries = [refuses(502), edition()]

    async def first_fails(writer: asyncio.StreamWriter) -> None:
        await tries.pop(0)(writer)

    server.does[BOOKS] = first_fails
    assert (await alook_up(ISBN)).outcome == Outcome.FOUND
    assert (await Source.objects.aget()).failures == 0


@pytest.mark.both
async def test_the_second_time_nobody_outside_is_asked(server: Outside) -> None:
    first = await alook_up(ISBN)
    server.asked.clear()
    assert (await alook_up(ISBN)).serialized() == first.serialized()
    assert server.asked == []


@pytest.mark.both
@pytest.mark.parametrize(("is_known", "days", "is_fresh"), [(True, 29, True), (True, 31, False), (False, 2, False)])
async def test_it_is_remembered_for_a_while(is_known: bool, days: int, is_fresh: bool, server: Outside) -> None:
    if not is_known:
        server.does[BOOKS] = knows({})
    await alook_up(ISBN)
    assert (await CachedLookup.objects.aget()).is_known == is_known
    await CachedLookup.objects.aupdate(at=Now() - timedelta(days=days))
    server.asked.clear()
    await alook_up(ISBN)
    assert (server.asked == []) == is_fresh
    assert await CachedLookup.objects.acount() == 1


@pytest.mark.both
async def test_a_source_that_fails_again_and_again_is_left_alone_until_it_works(server: Outside) -> None:
    server.does[BOOKS] = behaviour.BROKEN
    for _ in range(FAILURES):
        await alook_up(ISBN)
    server.asked.clear()
    resting = await alook_up(ISBN)
    assert ("not being asked" in resting.reasons, server.asked) == (True, [])
    assert 0 < resting.seconds <= 30
    await Source.objects.aupdate(rests_until=Now())  # the rest is over
    server.does[BOOKS] = edition()
    assert (await alook_up(ISBN)).outcome == Outcome.FOUND
    assert (await Source.objects.values("failures", "rests_until").aget()) == {"failures": 0, "rests_until": None}


@pytest.mark.both
async def test_after_a_rest_one_asks_first_and_the_others_wait_for_how_it_went(server: Outside, settings: Any) -> None:
    settings.LOOKUP_SECONDS = 2
    await Source.objects.acreate(name="Open Library", failures=FAILURES, rests_until=Now())
    server.does[BOOKS] = behaviour.SLOW
    answers = await asyncio.gather(*(alook_up(ISBN) for _ in range(5)))
    assert sum(TOO_LATE in answer.reasons for answer in answers) == 1
    assert server.paths == [BOOKS]


@pytest.mark.both
async def test_a_source_that_asks_for_a_pause_gets_it_from_everybody(server: Outside) -> None:
    server.does[BOOKS] = refuses(429, "Retry-After: 700")
    assert (await alook_up(ISBN)).seconds == 700
    server.does[BOOKS] = edition()
    assert 600 <= (await alook_up(ISBN)).seconds <= 700
    assert server.paths == [BOOKS]


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1, 1),
        ("Wed, 21 Oct 2150 07:28:00 GMT", 3600, 3600),
        ("Wed, 21 Oct 2150 07:28:00", 3600, 3600),
        ("99999999999999999999", 3600, 3600),
        ("0", 1, 1),
        ("soon", 10, 10),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", 10, 10),
        ("²", 10, 10),
    ],
)
async def test_a_pause_has_its_limits(header: str, low: int, high: int, server: Outside) -> None:
    server.does[BOOKS] = refuses(429, f"Retry-After: {header}")
    assert low <= (await alook_up(ISBN)).seconds <= high


@pytest.mark.both
async def test_questions_of_any_number_stay_within_the_rate(server: Outside, settings: Any) -> None:
    settings.LOOKUP_RATE = rate = 10
    server.does[BOOKS] = knows({})
    numbers = [f"97803064{number:05}" for number in range(14)]
    begin = time.monotonic()  # a busy machine can put a question off, but send none too early
    await asyncio.gather(*map(alook_up, numbers))
    times = [when - begin for *_, when in server.asked]
    assert len(times) == 14
    assert all(when >= (asked - 4) / rate for asked, when in enumerate(times, 1)), times


@pytest.mark.both
async def test_who_would_wait_too_long_is_told_when_to_come_again(server: Outside, settings: Any) -> None:
    settings.LOOKUP_RATE = 1
    await Source.objects.acreate(name="Open Library", free_at=Now() + timedelta(seconds=200))
    answer = await alook_up(ISBN, max_wait=1)
    assert (server.asked, "as often as allowed" in answer.reasons) == ([], True)
    assert 100 <= answer.seconds <= 200


@pytest.mark.both
@pytest.mark.parametrize("column", ["free_at", "rests_until"])
async def test_a_clock_that_was_set_back_stops_no_questions(column: str, server: Outside) -> None:
    await Source.objects.acreate(name="Open Library", **{column: Now() + timedelta(days=365)})
    assert (await alook_up(ISBN)).outcome == Outcome.FOUND


def reserved(_: int) -> float | None:
    """The wait that a worker of its own is told; None if it may not ask within a thousand seconds."""
    try:
        return Source.objects.reserve("x", max_wait=1000)
    except RateLimited:
        return None
    finally:
        connections.close_all()


@pytest.mark.both
def test_workers_that_come_at_once_get_a_moment_each(settings: Any) -> None:
    settings.LOOKUP_RATE = 0.001
    with ThreadPoolExecutor(8) as workers:
        waits = list(workers.map(reserved, range(12)))
    assert waits.count(0) == BURST
    assert sum(wait is not None and 0 < wait <= 1000 for wait in waits) == 1
    assert waits.count(None) == 12 - BURST - 1


async def test_the_whole_look_up_ends_when_nobody_waits_any_more(server: Outside, settings: Any) -> None:
    settings.LOOKUP_SECONDS = 3600
    server.does[BOOKS] = behaviour.says_nothing
    assert "no time left" in (await alook_up(ISBN, max_wait=0.3)).reasons


@pytest.mark.once
def test_one_file_asks_outside() -> None:
    root = Path(__file__).parent.parent
    sources = [path for folder in ("books", "django41_example") for path in (root / folder).rglob("*.py")]
    asks = re.compile(r"^\s*(import|from) (httpx|requests|aiohttp|urllib\.request|http\.client)", re.MULTILINE)
    ours = "slow_server.py"  # the laboratory's, which is a server of its own
    assert {path.name for path in sources if asks.search(path.read_text())} == {"client.py", ours}
