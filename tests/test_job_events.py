"""What those who watch jobs are told, and what it costs."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import AsyncClient
from django.utils import timezone

from books.jobs import events
from books.jobs.start import astart
from books.jobs.tasks.clock import clock
from books.models import Job, Scope, Status, Token
from books.models.job import over
from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from tests.asgi.client import PATIENCE, Exchange, until
from tests.asgi.conftest import MakePool, make_pool  # noqa: F401 - a fixture
from tests.people import librarian, reader

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

ADDRESSES = ["/jobs/a/events/", "/jobs/events/"]


@pytest.fixture(autouse=True)
async def looks_end(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Looks follow one another at once, and stop with the test."""
    monkeypatch.setattr(events, "POLL_EVERY", 0.005)
    yield
    await until(is_idle)


def is_idle() -> bool:
    return events.broadcaster.task is None or events.broadcaster.task.done()


@pytest.fixture
async def client() -> AsyncClient:
    client = AsyncClient()
    await client.aforce_login(await sync_to_async(librarian)())
    return client


@pytest.fixture
async def job() -> Job:
    return await a_job("a")


async def a_job(key: str) -> Job:
    return (await astart(clock, {"seconds": 5}, key=key))[0]


async def now(key: str = "a", **columns: Any) -> None:
    """What a worker writes."""
    await Job.objects.filter(key=key).aupdate(**columns)


class Stream:
    """What one client of an event address receives."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        self.content = content

    async def part(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await anext(self.content, b"")

    async def events(self) -> list[dict[str, Any]]:
        """The next that are told together; none when the stream has ended."""
        return [event for _, event in parsed(await self.part())]

    async def event(self) -> dict[str, Any]:
        [event] = await self.events()
        return event

    async def event_id(self) -> str:
        [(event_id, _)] = parsed(await self.part())
        return event_id


def parsed(part: bytes) -> list[tuple[str, dict[str, Any]]]:
    lines = [block.splitlines() for block in part.decode().split("\n\n") if block.startswith("event: job")]
    return [(event_id.removeprefix("id: "), json.loads(data.removeprefix("data: "))) for _, event_id, data in lines]


@asynccontextmanager
async def following(client: AsyncClient, address: str = "/jobs/a/events/", **headers: str) -> AsyncIterator[Stream]:
    response = await client.get(address, headers=headers)
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    # The test's response is kept alive by references to itself: what it iterates is ended here.
    async with aclosing(response._iterator) as content:  # type: ignore[attr-defined]
        stream = Stream(content)
        assert await stream.part() == events.RETRY
        yield stream


@asynccontextmanager
async def each_statement(note: Callable[..., Any]) -> AsyncIterator[None]:
    """Show `note` each SQL statement of the thread in which async tests reach their database."""
    await sync_to_async(lambda: connection.execute_wrappers.append(note))()
    try:
        yield
    finally:
        await sync_to_async(lambda: connection.execute_wrappers.remove(note))()


def unnoticed(write: Callable[[], object]) -> None:
    """Write although each statement is shown to somebody."""
    with mock.patch.object(connection, "execute_wrappers", []):
        write()


# What is told


@pytest.mark.both
async def test_it_begins_with_the_state_as_it_is(client: AsyncClient, job: Job) -> None:
    await now(status=Status.RUNNING, done=1, total=5, message="tick 1 of 5")
    async with following(client) as stream:
        event = await stream.event()
    job_as_read = (await client.get("/jobs/a/")).json()
    assert event.items() <= job_as_read.items()
    assert (event["id"], event["status"], event["percent"], event["message"]) == ("a", "running", 20, "tick 1 of 5")


@pytest.mark.both
async def test_each_change_is_told_once(client: AsyncClient, job: Job) -> None:
    async with following(client) as stream:
        told = [await stream.event()]
        for done in (1, 2, 3):
            await now(status=Status.RUNNING, done=done)
            told.append(await stream.event())
    assert [(event["status"], event["done"]) for event in told] == [
        ("queued", 0), ("running", 1), ("running", 2), ("running", 3)
    ]  # fmt: skip


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])
async def test_the_stream_of_a_job_ends_with_it(client: AsyncClient, job: Job, status: Status) -> None:
    async with following(client) as stream:
        await stream.event()
        await now(**over(status))
        assert (await stream.event())["status"] == status
        assert await stream.part() == b""


async def test_of_a_job_that_is_over_its_end_is_told(client: AsyncClient, job: Job) -> None:
    await now(**over(Status.SUCCEEDED))
    async with following(client) as stream:
        assert (await stream.event())["status"] == "succeeded"
        assert await stream.part() == b""


async def test_a_job_that_is_tried_again_after_its_end_is_told_from_the_start(client: AsyncClient, job: Job) -> None:
    async with following(client, "/jobs/events/") as stream:
        await stream.event()
        for status in (Status.FAILED, Status.QUEUED, Status.RUNNING):
            await now(status=status)
            assert (await stream.event())["status"] == status


async def test_who_is_slow_is_told_the_latest_only(client: AsyncClient, job: Job) -> None:
    async with following(client) as slow, following(client) as quick:
        for done in (1, 2, 3):
            await now(done=done)
            while (await quick.event())["done"] < done:
                pass
        assert (await slow.event())["done"] == 3


async def test_other_jobs_are_not_told_to_who_watches_one(client: AsyncClient, job: Job) -> None:
    await a_job("b")
    async with following(client) as stream, following(client, "/jobs/events/") as all_jobs:
        assert len(await all_jobs.events()) == 2
        await now("b", done=1)
        assert (await all_jobs.event())["id"] == "b"
        await now("a", done=1)
        assert {(await stream.event())["id"], (await all_jobs.event())["id"]} == {"a"}


async def test_the_stream_of_all_tells_of_new_jobs(client: AsyncClient, job: Job) -> None:
    async with following(client, "/jobs/events/") as stream:
        assert (await stream.event())["id"] == "a"
        await a_job("b")
        event = await stream.event()
    assert (event["id"], event["status"]) == ("b", "queued")


@pytest.mark.both
async def test_a_job_that_begins_and_ends_between_two_looks_is_told(client: AsyncClient, job: Job) -> None:
    async with following(client, "/jobs/events/") as stream:
        await stream.event()
        await until(lambda: events.broadcaster.newest is not None)
        await Job.objects.acreate(key="b", task=job.task, kind="clock", queue="", priority=0, **over(Status.SUCCEEDED))
        event = await stream.event()
    assert (event["id"], event["status"]) == ("b", "succeeded")


async def test_the_stream_of_all_goes_on_after_the_end_of_a_job(client: AsyncClient, job: Job) -> None:
    async with following(client, "/jobs/events/") as stream:
        await stream.event()
        await now(**over(Status.CANCELLED))
        assert (await stream.event())["status"] == "cancelled"
        await a_job("b")
        assert (await stream.event())["id"] == "b"


# Coming back


async def last_event_id(client: AsyncClient) -> str:
    """Of a stream that is over; nothing is left of it in this process."""
    async with following(client) as stream:
        seen = await stream.event_id()
    await until(is_idle)
    return seen


async def test_what_the_client_has_seen_already_is_not_told_again(
    client: AsyncClient, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = await last_event_id(client)
    monkeypatch.setattr(events, "KEEPALIVE_EVERY", 0.2)
    async with following(client, last_event_id=seen) as stream:
        assert await stream.part() == b": still here\n\n"
        assert events.broadcaster.newest is not None  # it has polled


async def test_what_came_while_the_client_was_away_is_told(client: AsyncClient, job: Job) -> None:
    seen = await last_event_id(client)
    await now(done=1)
    async with following(client, last_event_id=seen) as stream:
        assert (await stream.event())["done"] == 1


async def test_a_state_that_the_client_has_seen_is_told_when_it_comes_back(client: AsyncClient, job: Job) -> None:
    seen = await last_event_id(client)
    async with following(client, last_event_id=seen) as stream:
        for status in (Status.RUNNING, Status.QUEUED):
            await now(status=status)
            assert (await stream.event())["status"] == status


async def test_the_end_is_told_again_so_that_who_comes_back_is_not_left_waiting(client: AsyncClient, job: Job) -> None:
    await now(**over(Status.SUCCEEDED))
    seen = await last_event_id(client)
    async with following(client, last_event_id=seen) as stream:
        assert await stream.event_id() == seen
        assert await stream.part() == b""


@pytest.mark.both
async def test_an_id_depends_on_the_state_alone_and_so_is_every_workers(client: AsyncClient, job: Job) -> None:
    async with following(client) as stream:
        event_id, data = (await stream.part()).decode().splitlines()[1:3]
    digest = zlib.crc32(data.removeprefix("data: ").encode() + b"\n")
    assert event_id == f"id: {digest:08x}"


# Who is told no more


def sign_out(user: User) -> None:
    Session.objects.all().delete()


def change_password(user: User) -> None:
    user.set_password("another")
    user.save()


def deactivate(user: User) -> None:
    User.objects.update(is_active=False)


def take_the_permission(user: User) -> None:
    user.groups.clear()


def revoke(user: User) -> None:
    Token.objects.update(revoked_at=timezone.now())


def let_expire(user: User) -> None:
    Token.objects.update(expires_at=timezone.now())


def take_the_scope(user: User) -> None:
    Token.objects.update(scopes=Scope.READ)


BY_SESSION = [sign_out, change_password, deactivate, take_the_permission]
BY_TOKEN = [revoke, let_expire, take_the_scope, deactivate, take_the_permission]


async def session(user: User) -> dict[str, str]:
    client = AsyncClient()
    await client.aforce_login(user)
    return {"cookie": client.cookies.output(header="", sep=";")}


async def token(user: User) -> dict[str, str]:
    _, secret = await sync_to_async(Token.objects.issue)(user, "test", [Scope.JOBS], None)
    return {"authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("url", ADDRESSES)
@pytest.mark.parametrize(
    ("headers", "lose"), [*((session, lose) for lose in BY_SESSION), *((token, lose) for lose in BY_TOKEN)]
)
async def test_a_stream_ends_when_its_client_may_not_read_it_any_more(
    headers: Any, lose: Callable[[User], None], url: str, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "CHECK_EVERY", 0)
    user = await sync_to_async(librarian)()
    async with following(AsyncClient(), url, **await headers(user)) as stream:
        await stream.event()
        await now(done=1)
        assert (await stream.event())["done"] == 1
        await sync_to_async(lose)(user)
        await now(done=2)
        assert await stream.part() == b""


async def test_it_ends_also_while_nothing_happens(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "CHECK_EVERY", 0)
    monkeypatch.setattr(events, "KEEPALIVE_EVERY", 0.05)
    user = await sync_to_async(librarian)()
    async with following(AsyncClient(), **await session(user)) as stream:
        await stream.event()
        await sync_to_async(deactivate)(user)
        while part := await stream.part():
            assert part == b": still here\n\n"


# What it costs, and what it lives through


async def test_where_nothing_is_new_a_comment_says_that_the_stream_lives(
    client: AsyncClient, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEPALIVE_EVERY", 0.05)
    async with following(client) as stream:
        await stream.event()
        assert [await stream.part() for _ in range(2)] == [b": still here\n\n"] * 2


@pytest.mark.both
async def test_a_poll_is_one_query_for_any_number_of_subscribers(job: Job) -> None:
    broadcaster, statements = events.Broadcaster(), []
    broadcaster.subscribers = {events.Subscriber(key) for key in ["a", None] for _ in range(100)}
    await broadcaster._poll()

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    async with each_statement(note):
        await broadcaster._poll()
    assert len(statements) == 1
    assert {len(subscriber.pending) for subscriber in broadcaster.subscribers} == {1}


async def test_nothing_is_polled_without_subscribers(client: AsyncClient, job: Job) -> None:
    async with following(client) as stream, following(client):
        await stream.event()
        assert not is_idle()
    await until(is_idle)
    assert not events.broadcaster.subscribers


@pytest.mark.both
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("error", [OperationalError("on purpose"), RuntimeError("on purpose")])
async def test_an_end_that_comes_while_polls_fail_is_told_afterwards(
    client: AsyncClient, job: Job, address: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PAUSE", 0)
    failures = []

    def fail(execute: Any, sql: str, *rest: Any) -> Any:
        failures.append(sql)
        raise error

    async with following(client, address) as stream:
        await stream.event()
        async with each_statement(fail):
            await until(lambda: len(failures) > 2)
            await sync_to_async(unnoticed)(lambda: Job.objects.update(**over(Status.CANCELLED)))
        assert (await stream.event())["status"] == "cancelled"


async def test_a_client_that_leaves_is_forgotten(client: AsyncClient, job: Job, make_pool: MakePool) -> None:  # noqa: F811
    cookies = [("cookie", client.cookies.output(attrs=[], header="", sep=";").strip())]
    exchange = Exchange(Handler(make_pool(), server_refusal, body_limit=1000), "/jobs/a/events/", headers=cookies)
    answer = exchange.start()
    await exchange.has_sent(b"event: job")
    exchange.leave()
    await answer
    await until(is_idle)


# Who may


@pytest.mark.parametrize("address", ADDRESSES)
async def test_who_does_not_accept_events_is_told_406(client: AsyncClient, job: Job, address: str) -> None:
    assert (await client.get(address, headers={"accept": "application/json"})).status_code == 406


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_head_is_answered_and_watches_nothing(client: AsyncClient, job: Job, address: str) -> None:
    response = await client.head(address)
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    assert not events.broadcaster.subscribers


@pytest.mark.parametrize("address", ADDRESSES)
async def test_proxies_and_browsers_keep_no_events(client: AsyncClient, job: Job, address: str) -> None:
    response = await client.head(address)
    assert (response["Cache-Control"], response["X-Accel-Buffering"]) == ("no-cache", "no")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_nobody_in_particular_is_told_401(job: Job, address: str) -> None:
    assert (await AsyncClient().get(address)).status_code == 401


@pytest.mark.parametrize("address", ADDRESSES)
async def test_who_may_not_see_jobs_is_told_403(job: Job, address: str) -> None:
    client = AsyncClient()
    await client.aforce_login(await sync_to_async(reader)())
    assert (await client.get(address)).status_code == 403


async def test_a_job_that_is_not_there_is_404(client: AsyncClient) -> None:
    assert (await client.get("/jobs/a/events/")).status_code == 404
