"""What a connection may ask of the server, and how it ends."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from django41_example.server import protocol, request_head, transport
from tests.asgi.wire import Server, Wire, settled

pytestmark = pytest.mark.once

HELLO = b"GET / HTTP/1.1\r\nHost: testserver\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: testserver\r\n"
OK = [(b"content-length", b"2")]


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, and answers."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.request":
        await send({"type": "http.response.start", "status": 200, "headers": OK})
        await send({"type": "http.response.body", "body": b"OK"})


def answering(status: int, headers: Any) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if status == 304 else b"OK"})

    return application


class Slow:
    """Answers when it is told to; knows which of its clients have left."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.begins = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.begins:
            await send({"type": "http.response.start", "status": 200, "headers": OK})
        await self.may_answer.wait()
        if not self.begins:
            await send({"type": "http.response.start", "status": 200, "headers": OK})
        await send({"type": "http.response.body", "body": b"OK"})


@pytest.fixture(autouse=True)
async def _end() -> AsyncIterator[None]:
    yield
    await Server.end_all()


@pytest.fixture
async def server() -> Server:
    return Server(hello)


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Wire]:
    wire = server.connect()
    yield wire
    wire.close()
    await settled()


@pytest.fixture
async def slow() -> AsyncIterator[Slow]:
    slow = Slow()
    yield slow
    slow.may_answer.set()
    await settled()


def refusal(wire: Wire) -> dict[str, str]:
    """The last answer on the wire, which ends the connection."""
    head, _, body = wire.written[wire.written.rindex(b"HTTP/1.1") :].partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert f"Content-Length: {len(body)}".encode() in head
    return json.loads(body)


def get(address: bytes = b"/", *headers: bytes) -> bytes:
    return (
        b"GET "
        + address
        + b" HTTP/1.1\r\nHost: testserver\r\n"
        + b"".join(header + b"\r\n" for header in headers)
        + b"\r\n"
    )


LONGEST = b"/" + b"a" * (request_head.LONGEST_ADDRESS - 1)
MOST = [b"x: 1"] * (request_head.MOST_HEADERS - 1)  # and Host
LARGEST = b"x: " + b"a" * (request_head.LARGEST_HEAD - len(b"hosttestserverx"))


# Heads


@pytest.mark.parametrize("request_", [get(), get(LONGEST), get(b"/", *MOST), get(b"/", LARGEST)])
async def test_a_request_may_be_as_large_as_the_limits(request_: bytes, wire: Wire) -> None:
    await wire.send(request_)
    assert (wire.statuses, wire.closed) == ([200], False)


TOO_LARGE = [
    (414, get(LONGEST + b"a")),
    (431, get(b"/", *MOST, b"x: 1")),
    (431, get(b"/", LARGEST + b"a")),
    (431, get(b"/", *[b"x: " + b"a" * 400] * 90)),
    (400, b"\x16\x03\x01\x02\x00\x01\x00"),
]


@pytest.mark.parametrize(("status", "request_"), TOO_LARGE)
async def test_what_is_larger_is_refused(status: int, request_: bytes, wire: Wire) -> None:
    await wire.send(request_)
    assert wire.statuses == [status]
    assert refusal(wire) == {"detail": protocol.REFUSALS[status]}


async def test_a_browser_is_told_by_a_page(wire: Wire) -> None:
    await wire.send(get(LONGEST + b"a", b"Accept: text/html,*/*;q=0.8"))
    head, _, page = bytes(wire.written).partition(b"\r\n\r\n")
    assert wire.statuses == [414]
    assert b"Content-Type: text/html; charset=utf-8\r\n" in head
    assert b"<h1>URI Too Long</h1><p>A URL may have at most 8,192 bytes." in page


@pytest.mark.parametrize(("status", "request_"), TOO_LARGE)
async def test_the_limits_hold_for_the_next_request_of_a_connection_too(
    status: int, request_: bytes, wire: Wire
) -> None:
    await wire.send(HELLO)
    await wire.send(request_)
    assert wire.statuses == [200, status]


async def test_many_requests_of_one_connection_may_be_larger_together(wire: Wire) -> None:
    for _ in range(10):
        await wire.send(get(LONGEST, LARGEST[:20_000]))
    assert wire.statuses == [200] * 10


async def test_a_body_does_not_count_as_head(wire: Wire) -> None:
    await wire.send(HEAD + b"Content-Length: 200000\r\n\r\n")
    for _ in range(20):
        await wire.send(b"x" * 10_000)
    assert wire.statuses == [200]


ENDLESS = [b"GET /", b"GET / HTTP/1.1\r\nx", b"GET / HTTP/1.1\r\nx: "]


async def fill(wire: Wire) -> int:
    """Send on until the server has had enough; how many bytes that were."""
    sent = 0
    while wire.is_read and not (wire.protocol.is_refused or wire.closed) and sent < 1_000_000:
        await wire.send(b"a" * 1000)
        sent += 1000
    return sent


@pytest.mark.parametrize("beginning", ENDLESS)
async def test_a_head_that_never_ends_is_refused(beginning: bytes, wire: Wire) -> None:
    await wire.send(beginning)
    assert await fill(wire) < 50_000
    assert wire.statuses in ([414], [431])


@pytest.mark.parametrize("beginning", ENDLESS)
async def test_a_head_that_never_ends_is_refused_behind_another_request(beginning: bytes, wire: Wire) -> None:
    await wire.send(HELLO + beginning)
    assert await fill(wire) < 50_000


@pytest.mark.parametrize("beginning", ENDLESS)
async def test_a_head_that_never_ends_is_not_read_while_another_request_is_answered(
    beginning: bytes, slow: Slow
) -> None:
    wire = Server(slow).connect()
    await wire.send(HELLO + beginning)
    assert await fill(wire) < 50_000


async def test_what_comes_after_a_refusal_is_not_read(wire: Wire) -> None:
    await wire.send(get(LONGEST + b"a") + HELLO)
    await wire.send(HELLO)
    assert wire.statuses == [414]


async def test_a_refused_connection_lingers_and_is_closed(wire: Wire, server: Server) -> None:
    await wire.send(get(LONGEST + b"a"))
    await server.clock.advance(protocol.LINGER_SECONDS - 0.1)
    assert not wire.closed
    await server.clock.advance(0.1)
    assert wire.closed


async def test_a_request_is_left_to_the_server_when_its_client_leaves(slow: Slow) -> None:
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    wire.close()
    await settled()
    assert len(server.state.tasks) == 1
    slow.may_answer.set()
    await settled()
    assert not server.state.tasks


async def test_a_request_is_left_to_the_server_when_it_stops(slow: Slow) -> None:
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    server.stop()
    assert len(server.state.tasks) == 1


# Writes


@pytest.mark.parametrize("request_line", ["GET / HTTP/1.1", "HEAD / HTTP/1.1", "GET / HTTP/1.0"])
@pytest.mark.parametrize("status", [200, 304, 404])
async def test_headers_that_are_ready_are_sent_as_any_others(request_line: str, status: int) -> None:
    written = []
    for headers in (OK, transport.ReadyHeaders(OK)):
        sent = [] if status == 304 else headers
        wire = Server(answering(status, type(headers)(sent))).connect()
        await wire.send(f"{request_line}\r\nHost: testserver\r\nConnection: keep-alive\r\n\r\n".encode())
        written.append((wire.pieces, wire.closed))
    assert written[0] == written[1]
    assert written[0][0][0].startswith(f"HTTP/1.1 {status} ".encode())


async def test_the_server_adds_its_own_headers_to_those_that_are_ready() -> None:
    server = Server(answering(200, transport.ReadyHeaders(OK)))
    server.state.default_headers = [(b"date", b"Mon, 30 Nov 2026 09:00:00 GMT")]
    wire = server.connect()
    await wire.send(HELLO)
    server.state.default_headers = [(b"date", b"Mon, 30 Nov 2026 09:00:01 GMT")]
    await wire.send(HELLO)
    assert re.findall(rb"09:00:0.", wire.written) == [b"09:00:00", b"09:00:01"]


async def test_a_short_answer_is_written_in_one_piece(wire: Wire) -> None:
    await wire.send(HELLO)
    assert len(wire.pieces) == 1
    assert wire.written.endswith(b"OK")


async def test_a_head_does_not_wait_for_a_body_that_comes_later(slow: Slow) -> None:
    wire = Server(slow).connect()
    await wire.send(HELLO)
    assert wire.written.endswith(b"\r\n\r\n")


async def test_a_head_without_a_body_is_written_before_the_connection_ends(wire: Wire) -> None:
    await wire.send(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert (wire.statuses, wire.closed) == ([200], True)


async def test_a_refusal_is_written_behind_a_head_without_a_body(wire: Wire) -> None:
    await wire.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nNONSENSE\r\n\r\n")
    assert wire.statuses == [200, 400]


async def test_nothing_is_written_to_who_left_meanwhile(slow: Slow) -> None:
    wire = Server(slow).connect()
    wire.protocol.data_received(HELLO)
    await asyncio.sleep(0)  # the head is ready
    wire.close()
    await settled()
    assert wire.pieces == []


# Deadlines


async def test_who_sends_nothing_is_told_so_and_dropped(wire: Wire, server: Server) -> None:
    await server.clock.advance(protocol.HEAD_SECONDS + 3)
    assert (wire.statuses, wire.closed) == ([408], True)
    assert refusal(wire) == {"detail": protocol.REFUSALS[408]}


async def test_a_head_that_arrives_byte_by_byte_is_refused(wire: Wire, server: Server) -> None:
    for byte in HELLO[:10]:
        await wire.send(bytes([byte]))
        await server.clock.advance(0.9)
    assert wire.statuses == [408]


async def test_a_head_that_waits_too_long_for_its_turn_hears_that_the_server_is_busy(
    wire: Wire, server: Server
) -> None:
    server.app_state["turns"].spent = 1  # of this slice, so it is not parsed at once
    wire.protocol.data_received(HELLO)
    wire.protocol.close_if_late(server.clock.now + protocol.HEAD_SECONDS + 1)
    await settled()
    assert (wire.statuses, b"Retry-After: 1" in wire.written) == ([503], True)


async def test_a_slow_head_is_refused_after_a_first_request_too(wire: Wire, server: Server) -> None:
    await wire.send(HELLO)
    for byte in HELLO[:10]:
        await wire.send(bytes([byte]))
        await server.clock.advance(0.9)
    assert wire.statuses == [200, 408]


async def test_a_head_that_arrives_in_time_is_answered(wire: Wire, server: Server) -> None:
    await wire.send(HELLO[:10])
    await server.clock.advance(protocol.HEAD_SECONDS - 1)
    await wire.send(HELLO[10:])
    assert wire.statuses == [200]


async def test_a_body_that_stops_arriving_is_refused(wire: Wire, server: Server) -> None:
    await wire.send(HEAD + b"Content-Length: 100\r\n\r\nx")
    await server.clock.advance(protocol.BODY_SECONDS + 3)
    assert (wire.statuses, wire.closed) == ([408], True)


async def test_the_application_hears_that_a_body_will_not_arrive(server: Server) -> None:
    heard = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            pass
        heard.append(message["type"])

    server = Server(application)
    await server.connect().send(HEAD + b"Content-Length: 100\r\n\r\nx")
    await server.clock.advance(protocol.BODY_SECONDS + 1.5)  # the connection itself lingers
    assert heard == ["http.disconnect"]


async def test_a_body_has_its_own_time_after_a_slow_head(wire: Wire, server: Server) -> None:
    await server.clock.advance(protocol.HEAD_SECONDS - 1)
    await wire.send(HEAD + b"Content-Length: 1\r\n\r\n")
    await server.clock.advance(protocol.BODY_SECONDS - 1)
    await wire.send(b"x")
    assert wire.statuses == [200]


async def test_a_body_that_trickles_is_refused(wire: Wire, server: Server) -> None:
    await wire.send(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(10):
        await wire.send(b"x")
        await server.clock.advance(1)
    assert wire.statuses == [408]


async def test_a_chunked_body_that_trickles_is_refused(wire: Wire, server: Server) -> None:
    await wire.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(10):
        await wire.send(b"1\r\nx\r\n")
        await server.clock.advance(1)
    assert wire.statuses == [408]


async def test_a_large_body_that_keeps_coming_may_take_its_time(wire: Wire, server: Server) -> None:
    await wire.send(HEAD + b"Content-Length: 60000\r\n\r\n")
    for _ in range(30):
        await server.clock.advance(1)
        await wire.send(b"x" * 2000)
    assert wire.statuses == [200]


async def test_a_long_answer_has_no_deadline(slow: Slow) -> None:
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    await server.clock.advance(600)
    slow.may_answer.set()
    await settled()
    assert wire.written.endswith(b"OK")


async def test_a_client_that_does_not_read_its_answer_is_dropped(slow: Slow) -> None:
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    wire.protocol.pause_writing()  # as the transport does when nothing more fits on the way
    await server.clock.advance(transport.STUCK_SECONDS + 2)
    assert wire.aborted


async def test_a_client_that_reads_on_in_time_is_not_dropped(slow: Slow) -> None:
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    for _ in range(3):
        wire.protocol.pause_writing()
        await server.clock.advance(transport.STUCK_SECONDS - 2)
        wire.protocol.resume_writing()
    await server.clock.advance(transport.STUCK_SECONDS + 2)
    assert not wire.aborted


async def test_a_client_that_reads_slowly_is_not_dropped_as_long_as_it_reads(slow: Slow) -> None:
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    wire.unsent = 1_000_000
    wire.protocol.pause_writing()
    for _ in range(3):
        wire.unsent -= 31 * transport.READ_RATE
        await server.clock.advance(transport.STUCK_SECONDS)
    assert not wire.aborted


async def test_a_client_that_reads_a_byte_now_and_then_is_dropped(slow: Slow) -> None:
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    wire.unsent = 1_000_000
    wire.protocol.pause_writing()
    wire.unsent -= 29 * transport.READ_RATE
    await server.clock.advance(transport.STUCK_SECONDS + 2)
    assert wire.aborted


async def test_a_connection_at_rest_is_closed_after_a_while(wire: Wire, server: Server) -> None:
    await wire.send(HELLO)
    await server.clock.advance(server.config.timeout_keep_alive)
    assert (wire.statuses, wire.closed) == ([200], False)
    await server.clock.advance(1)
    assert wire.closed


async def test_connections_that_come_and_go_leave_one_watch_behind(server: Server) -> None:
    for _ in range(50):
        server.connect().close()
        await settled()
    wire = server.connect()
    watches = [timer for timer in server.clock.timers if timer[2] is protocol.close_late_ones]
    wire.close()
    assert len(watches) == 1


async def test_a_connection_is_watched_after_a_time_without_any(server: Server) -> None:
    server.connect().close()
    await settled()
    await server.clock.advance(60)
    wire = server.connect()
    await server.clock.advance(protocol.HEAD_SECONDS + 3)
    assert wire.statuses == [408]


async def test_nothing_is_left_to_do_when_there_are_no_connections(server: Server) -> None:
    wire = server.connect()
    await wire.send(HELLO)
    wire.close()
    await settled()
    await server.clock.advance(5)
    assert server.clock.timers == []


# Their number


async def test_one_connection_too_many_is_told_when_to_come_again(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 2)
    wires = [server.connect() for _ in range(3)]
    assert [wire.statuses for wire in wires] == [[], [], [503]]
    assert (b"Retry-After: 1\r\n" in wires[2].written, wires[2].closed) == (True, True)
    assert refusal(wires[2]) == {"detail": protocol.REFUSALS[503]}


async def test_of_an_address_with_more_than_its_share_the_oldest_gives_way(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 4)
    server.app_state["client_share"] = 0.5
    wires = [server.connect(f"192.0.2.{last}") for last in (1, 2, 2, 2, 2, 3)]
    assert [wire.aborted for wire in wires] == [False, True, True, False, False, False]
    await wires[5].send(HELLO)
    assert wires[5].statuses == [200]


async def test_nothing_is_counted_by_address_when_all_have_left(server: Server) -> None:
    for wire in [server.connect() for _ in range(2)]:
        wire.close()
    await settled()
    assert server.app_state["by_address"] == {}


async def test_where_no_address_has_more_the_newest_is_refused(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 4)
    server.app_state["client_share"] = 0.5
    wires = [server.connect(f"192.0.2.{last}") for last in (1, 1, 2, 2, 3)]
    assert [wire.statuses for wire in wires] == [[], [], [], [], [503]]


async def test_there_is_room_again_when_one_has_gone(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 2)
    first, _ = server.connect(), server.connect()
    first.close()
    await settled()
    third = server.connect()
    await third.send(HELLO)
    assert third.statuses == [200]


# The stop


@pytest.mark.parametrize("begins", [True, False])
async def test_a_request_in_the_middle_of_a_stop_is_answered(slow: Slow, begins: bool) -> None:
    slow.begins = begins
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    server.stop()
    slow.may_answer.set()
    await settled()
    assert (wire.written.endswith(b"OK"), wire.closed) == (True, True)


async def test_the_answer_says_that_the_connection_ends(slow: Slow) -> None:
    slow.begins = False
    server = Server(slow)
    wire = server.connect()
    await wire.send(HELLO)
    server.stop()
    slow.may_answer.set()
    await settled()
    assert b"connection: close" in wire.written.lower()


async def test_a_request_that_is_on_its_way_when_the_stop_begins_is_answered(wire: Wire, server: Server) -> None:
    server.stop()
    await server.clock.advance(protocol.LAST_REQUEST_SECONDS - 0.1)
    await wire.send(HELLO)
    assert (wire.statuses, wire.closed) == ([200], True)
    assert b"connection: close" in wire.written.lower()


async def test_a_head_that_has_half_arrived_when_the_stop_begins_is_answered(wire: Wire, server: Server) -> None:
    await wire.send(HELLO[:10])
    server.stop()
    await wire.send(HELLO[10:])
    assert (wire.statuses, wire.closed) == ([200], True)


async def test_a_connection_that_comes_after_the_stop_began_is_answered_once(wire: Wire, server: Server) -> None:
    server.stop()
    late = server.connect()
    await late.send(HELLO)
    assert (late.statuses, late.closed) == ([200], True)


async def test_connections_at_rest_are_closed(wire: Wire, server: Server) -> None:
    await wire.send(HELLO)
    server.stop()
    await server.clock.advance(protocol.LAST_REQUEST_SECONDS)
    assert (wire.statuses, wire.closed) == ([200], True)


async def test_the_end_of_event_streams_is_asked_for(wire: Wire, server: Server) -> None:
    ended = []
    server.app_state["end_streams"] = lambda: ended.append(True)
    server.stop()
    assert ended


# On a real network


@pytest.fixture
async def port(server: Server) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: server.protocol(loop), "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


async def test_a_client_that_sends_on_after_its_refusal_reads_it(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(get(LONGEST + b"a") + b"x" * 500_000)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 414")


async def test_a_request_over_a_real_connection_is_answered(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HELLO)
    assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
    writer.close()
    await writer.wait_closed()
