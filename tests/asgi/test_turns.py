"""Whose request is next when more is asked at once than a slice of the event loop holds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from django41_example.server import turns
from tests.asgi.test_protocol import OK
from tests.asgi.wire import Server, Wire, settled

pytestmark = pytest.mark.once


class Site:
    """Notes in which order it is asked for what."""

    def __init__(self) -> None:
        self.asked, self.versions = list[str](), list[int | None]()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        self.versions.append(scope["catalogue_version"])
        await send({"type": "http.response.start", "status": 200, "headers": OK})
        await send({"type": "http.response.body", "body": b"OK"})


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(turns, "SLICE", 1e-9)  # seconds: the first request of a turn of the loop ends it
    yield Site()
    await Server.end_all()


def ask(wire: Wire, *paths: str) -> None:
    """Without a turn of the event loop, as when many connections have sent something since the last."""
    wire.protocol.data_received(b"".join(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode() for path in paths))


async def all_answered() -> None:
    for _ in range(10):
        await settled()


async def test_addresses_alternate(site: Site) -> None:
    server = Server(site)
    for number in range(4):
        ask(server.connect("192.0.2.1"), f"/many/{number}")
    for number in range(2):
        ask(server.connect("192.0.2.2"), f"/few/{number}")
    await all_answered()
    assert site.asked == ["/many/0", "/few/0", "/many/1", "/few/1", "/many/2", "/many/3"]


async def test_an_ipv6_network_is_one_address(site: Site) -> None:
    server = Server(site)
    for number in range(3):
        ask(server.connect(f"2001:db8::{number}"), f"/many/{number}")
    ask(server.connect("2001:db8:0:1::1"), "/other")
    await all_answered()
    assert site.asked == ["/many/0", "/other", "/many/1", "/many/2"]


async def test_of_one_address_who_asks_for_less_at_once_goes_first(site: Site) -> None:
    server = Server(site)
    for name in ("a", "b"):
        ask(server.connect(), *(f"/{name}/{number}" for number in range(3)))
    ask(server.connect(), "/one")
    await all_answered()
    assert site.asked == ["/one", "/a/0", "/b/0", "/a/1", "/b/1", "/a/2", "/b/2"]


async def test_who_waits_for_each_answer_has_asked_for_one_at_a_time(site: Site) -> None:
    server = Server(site)
    patient, greedy = server.connect(), server.connect()
    for number in range(5):
        ask(patient, f"/patient/{number}")
        await settled()
    ask(greedy, "/greedy/0", "/greedy/1", "/greedy/2")
    ask(patient, "/patient/5")
    await all_answered()
    assert site.asked[5:] == ["/patient/5", "/greedy/0", "/greedy/1", "/greedy/2"]


async def test_no_more_than_a_little_is_read_from_who_waits(site: Site) -> None:
    server = Server(site)
    first, second, third = (server.connect() for _ in range(3))
    ask(first, "/first")
    ask(second, "/second")
    ask(third, *["/third"] * 200)
    assert (first.is_read, second.is_read, third.is_read) == (True, True, False)
    for _ in range(30):
        await all_answered()
    assert (third.is_read, third.statuses) == (True, [200] * 200)


async def test_who_leaves_while_it_waits_is_passed_by(site: Site) -> None:
    server = Server(site)
    wires = [server.connect() for _ in range(3)]
    for number, wire in enumerate(wires):
        ask(wire, f"/{number}")
    wires[1].close()
    await all_answered()
    assert (site.asked, wires[2].statuses) == (["/0", "/2"], [200])


async def test_who_waits_when_the_server_stops_is_answered(site: Site) -> None:
    server = Server(site)
    wires = [server.connect() for _ in range(2)]
    for wire in wires:
        ask(wire, "/")
    server.stop()
    await all_answered()
    assert [wire.statuses for wire in wires] == [[200], [200]]


async def test_requests_begin_with_a_version_that_was_asked_for_after_they_arrived(site: Site) -> None:
    loop, server = asyncio.get_running_loop(), Server(site)
    early, late = loop.create_future(), loop.create_future()
    server.app_state["validate"] = iter([early, late]).__next__
    ask(server.connect(), "/early")
    await settled()
    ask(server.connect(), "/late")
    early.set_result(7)
    await settled()
    assert (site.asked, site.versions) == (["/early"], [7])
    late.set_result(8)
    await settled()
    assert (site.asked, site.versions) == (["/early", "/late"], [7, 8])
