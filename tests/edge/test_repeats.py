"""Requests that come again in the same bytes are answered as they would be if each were read."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from django41_example.server import repeats
from django41_example.server.response_cache import KeptAnswers
from tests.edge.wire import Server, Wire, settled

pytestmark = pytest.mark.once

KEEP_ALIVE = 5  # seconds, uvicorn's own


def get(path: str = "/books/", *headers: str, version: str = "1.1") -> bytes:
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: testserver", *headers, "", ""]).encode()


class Site:
    """An application whose answers tell the path and how often it was asked, and what they are made from."""

    def __init__(self) -> None:
        self.asked = self.confirmed = 0
        self.revision: int | None = 1
        self.may_confirm = asyncio.Event()
        self.may_confirm.set()
        self.kept = KeptAnswers(
            self, confirm=self.confirm, representation=bytes.upper, session="sessionid", capacity=1 << 20
        )
        self.server = Server(self.kept)
        self.server.app_state["repeats"] = self.kept.repeats
        self.server.state.default_headers = [(b"date", b"today"), (b"server", b"ours")]

    async def confirm(self) -> int | None:
        self.confirmed += 1
        await self.may_confirm.wait()
        return self.revision

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        body = f"{scope['path']} {self.asked}".encode()
        headers = [(b"Cache-Control", b"public, no-cache"), (b"Content-Length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def learn(self, request: bytes) -> Wire:
        """A connection on which the request was made, and answered from memory."""
        wire = self.server.connect()
        await wire.send(request)
        await wire.send(request)
        wire.written = b""
        return wire


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    yield site
    site.may_confirm.set()
    for connection in list(site.server.state.connections):
        connection.transport.close()
    await settled()
    await Server.end_all()


def lines(answer: bytes) -> list[bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return [*sorted(head.split(b"\r\n")), body]


async def test_the_answer_is_the_one_that_was_given_before(site: Site) -> None:
    wire = site.server.connect()
    await wire.send(get())
    await wire.send(get())
    before, wire.written = wire.written.split(b"HTTP/1.1 ")[2], b""
    assert get() in site.kept.repeats.asked
    await wire.send(get())
    assert lines(wire.written) == lines(b"HTTP/1.1 " + before)
    assert site.asked == 1


async def test_it_is_not_read_once_more(site: Site) -> None:
    wire = await site.learn(get())
    wire.protocol.parser = None
    await wire.send(get())
    assert wire.statuses == [200]


async def test_who_has_the_answer_already_is_told_so_again(site: Site) -> None:
    wire = await site.learn(get())
    await wire.send(get())
    etag = re.search(rb"etag: (\S+)", wire.written)
    assert etag
    request = get("/books/", f"If-None-Match: {etag[1].decode()}")
    await wire.send(request)
    wire.written = b""
    await wire.send(request)
    assert wire.statuses == [304]
    assert wire.written.endswith(b"\r\n\r\n")
    assert b"content-length" not in wire.written


async def test_a_change_of_the_catalogue_is_seen(site: Site) -> None:
    wire = await site.learn(get())
    site.revision = 2
    for _ in range(2):
        await wire.send(get())
    assert re.findall(rb"/books/ \d", wire.written) == [b"/books/ 2"] * 2


async def test_nothing_held_is_sent_while_the_revision_is_not_known(site: Site) -> None:
    wire = await site.learn(get())
    site.revision = None
    await wire.send(get())
    assert wire.written.endswith(b"/books/ 2")


async def test_one_confirmation_serves_all_that_came_in_one_turn(site: Site) -> None:
    wires = [await site.learn(get()) for _ in range(3)]
    confirmed = site.confirmed
    for wire in wires:
        wire.protocol.data_received(get())
    await settled()
    assert [wire.statuses for wire in wires] == [[200]] * 3
    assert site.confirmed == confirmed + 1


async def test_what_comes_while_the_confirmation_is_awaited_is_answered_afterwards(site: Site) -> None:
    wire = await site.learn(get())
    site.may_confirm.clear()
    await wire.send(get())
    await wire.send(get("/authors/"))
    await wire.send(get("/topics/")[:9])
    await wire.send(get("/topics/")[9:])
    assert wire.written == b""
    site.may_confirm.set()
    await settled()
    assert re.findall(rb"/\w+/ \d", wire.written) == [b"/books/ 1", b"/authors/ 2", b"/topics/ 3"]


async def test_what_comes_meanwhile_is_not_read_until_then(site: Site) -> None:
    wire = await site.learn(get())
    site.may_confirm.clear()
    await wire.send(get())
    await wire.send(get("/topics/")[:9])
    assert not wire.is_read
    site.may_confirm.set()
    await settled()
    assert wire.is_read


async def test_a_client_that_has_left_is_sent_nothing_and_the_others_their_answers(site: Site) -> None:
    wires = [await site.learn(get()) for _ in range(2)]
    site.may_confirm.clear()
    for wire in wires:
        wire.protocol.data_received(get())
    await settled()
    wires[0].close()
    site.may_confirm.set()
    await settled()
    assert [wire.statuses for wire in wires] == [[], [200]]


async def test_a_server_that_stops_answers_and_closes(site: Site) -> None:
    await site.learn(get())
    wire = site.server.connect()
    site.may_confirm.clear()
    await wire.send(get())
    site.server.stop()
    await site.server.clock.advance(1)
    site.may_confirm.set()
    await settled()
    assert wire.statuses == [200]
    assert b"connection: close" in wire.written
    assert wire.closed


async def test_a_client_that_does_not_read_is_not_sent_more(site: Site) -> None:
    wire = await site.learn(get())
    wire.protocol.pause_writing()
    await wire.send(get())
    await wire.send(get())
    assert wire.written == b""
    wire.protocol.resume_writing()
    await settled()
    assert wire.statuses == [200, 200]


@pytest.mark.parametrize(
    "request_",
    [
        get("/books/", "Cookie: sessionid=x"),
        get("/books/", "Authorization: Bearer x"),
        get("/books/", "Connection: close"),
        get("/books/", "Connection: Upgrade", "Upgrade: h2c"),
        get("/books/", f"X-Long: {'a' * repeats.LONGEST}"),
        get("/books/", version="1.0"),
        get() + get(),
        get().replace(b"GET", b"HEAD"),
    ],
)
async def test_what_stands_for_more_than_an_answer_to_everybody_is_read_each_time(site: Site, request_: bytes) -> None:
    await site.learn(get())
    site.kept.repeats.asked.clear()
    for _ in range(3):
        await site.server.connect().send(request_)
    assert site.kept.repeats.asked == {}


async def test_the_end_of_a_body_does_not_make_a_request_of_other_bytes(site: Site) -> None:
    await site.learn(get())
    wire = site.server.connect()
    tail = b"GET /authors/ HTTP/1.1\r\nX: "
    await wire.send(b"POST / HTTP/1.1\r\nHost: testserver\r\nContent-Length: %d\r\n\r\n" % len(tail))
    await wire.send(tail + get())
    assert tail + get() not in site.kept.repeats.asked


async def test_the_end_of_a_head_is_no_request_of_its_own(site: Site) -> None:
    await site.learn(get())
    wire = site.server.connect()
    await wire.send(b"POST / HTTP/1.1\r\nX: ")
    await wire.send(get())
    assert wire.written.endswith(b"/ 2")


async def test_the_requests_that_are_remembered_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MOST", 3)
    for number in range(7):
        await site.learn(get("/books/", f"X-Number: {number}"))
    assert len(site.kept.repeats.asked) == 1


async def test_a_connection_closes_when_it_has_rested_since_the_last_answer(site: Site) -> None:
    wire = await site.learn(get())
    for _ in range(3):
        await site.server.clock.advance(KEEP_ALIVE - 1)
        await wire.send(get())
    assert not wire.closed
    await site.server.clock.advance(KEEP_ALIVE + 1)
    assert wire.closed


async def test_a_new_connection_that_only_repeats_closes_too(site: Site) -> None:
    await site.learn(get())
    wire = site.server.connect()
    await wire.send(get())
    assert wire.statuses == [200]
    await site.server.clock.advance(KEEP_ALIVE + 1)
    assert wire.closed


async def test_an_answer_from_memory_counts_as_a_request(site: Site) -> None:
    wire = await site.learn(get())
    counted = site.server.state.total_requests
    await wire.send(get())
    assert site.server.state.total_requests == counted + 1
