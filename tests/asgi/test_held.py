"""How much of one client's requests and responses waits in memory, and for how long."""

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from django41_example.server import protocol, transport
from tests.asgi.test_protocol import HEAD, HELLO, Slow, hello, refusal
from tests.asgi.wire import Server, Wire, settled

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
async def _end() -> AsyncIterator[None]:
    yield
    await Server.end_all()


@pytest.fixture
async def server() -> Server:
    return Server(hello)


@pytest.fixture
async def slow() -> AsyncIterator[Slow]:
    slow = Slow()
    yield slow
    slow.may_answer.set()
    await settled()


def body(size: int) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % size


def held(server: Server) -> int:
    return server.app_state["held"]


# Requests sent ahead


async def test_of_a_packet_of_requests_one_is_unpacked(slow: Slow) -> None:
    wire = Server(slow).connect()
    await wire.send(b"GET / HTTP/1.1\r\nHost:\r\n\r\n" * 5000)
    assert (wire.protocol.unparsed.count(b"GET"), wire.is_read) == (4999, False)


async def test_all_of_them_are_answered_in_order(server: Server) -> None:
    wire = server.connect()
    await wire.send(HELLO * 500)
    for _ in range(500):
        await settled()
    assert (wire.statuses, wire.is_read) == ([200] * 500, True)


async def test_the_application_cannot_read_on_while_requests_wait(slow: Slow) -> None:
    wire = Server(slow).connect()
    await wire.send(HELLO * 5000)
    wire.protocol.flow.resume_reading()
    assert not wire.is_read


async def test_every_request_hears_that_its_client_has_left(server: Server) -> None:
    heard = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            pass
        heard.append(message["type"])

    wire = Server(application).connect()
    await wire.send(HELLO * 2)
    wire.close()
    await settled()
    assert heard == ["http.disconnect"]


async def test_what_is_malformed_is_refused_after_the_requests_before_it(slow: Slow) -> None:
    wire = Server(slow).connect()
    slow.begins = False
    await wire.send(HELLO + b"nonsense\r\n\r\n")
    assert wire.written == b""
    slow.may_answer.set()
    await settled()
    assert wire.statuses == [200, 400]


async def test_a_refused_body_behind_another_request_is_refused_in_its_turn(server: Server) -> None:
    wire = server.connect()
    await wire.send(HELLO + HEAD + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n")
    assert wire.statuses == [200, 400]


async def test_a_connection_at_rest_is_not_closed_under_the_next_request(slow: Slow) -> None:
    answers: list[Any] = [hello, slow]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await answers.pop(0)(scope, receive, send)

    server = Server(application)
    wire = server.connect()
    await wire.send(HELLO)
    await wire.send(HELLO)
    await server.clock.advance(server.config.timeout_keep_alive + 1)
    assert not wire.closed


# All of a worker's together


async def test_beyond_what_a_worker_may_hold_a_body_is_refused(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_HELD", 50_000)
    wires = [server.connect() for _ in range(4)]
    for wire in wires:
        await wire.send(body(20_001) + b"x" * 20_000)
    assert [wire.statuses for wire in wires] == [[], [], [], [503]]
    assert b"Retry-After: 1\r\n" in wires[3].written
    assert refusal(wires[3]) == {"detail": protocol.REFUSALS[503]}


async def test_one_address_never_holds_all_of_it(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_HELD", 50_000)
    server.app_state["client_share"] = 0.5
    wires = [server.connect(f"192.0.2.{last}") for last in (1, 1, 2)]
    for wire in wires:
        await wire.send(body(20_001) + b"x" * 20_000)
    assert [wire.statuses for wire in wires] == [[], [503], []]


async def test_the_addresses_of_an_ipv6_network_are_one(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_HELD", 50_000)
    server.app_state["client_share"] = 0.5
    wires = [server.connect(address) for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")]
    for wire in wires:
        await wire.send(body(20_001) + b"x" * 20_000)
    assert [wire.statuses for wire in wires] == [[], [503], []]


async def test_a_plain_request_is_answered_all_the_same(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_HELD", 0)
    wire = server.connect()
    await wire.send(HELLO)
    assert wire.statuses == [200]


@pytest.mark.parametrize("end", ["answer", "leave"])
async def test_what_is_answered_or_given_up_is_held_no_longer(server: Server, end: str) -> None:
    wire = server.connect()
    await wire.send(body(20_001) + b"x" * 20_000)
    before = held(server)
    if end == "answer":
        await wire.send(b"x")
    else:
        wire.close()
        await settled()
    assert (before > 15_000, held(server)) == (True, 0)


async def test_a_body_that_is_written_to_disk_counts_with_what_is_in_memory(server: Server) -> None:
    wire = server.connect()
    await wire.send(body(9_000_000))
    for _ in range(80):
        await wire.send(b"x" * 100_000)
    assert held(server) == protocol.LARGEST_HELD


async def test_a_body_is_due_within_a_total_time_however_steadily_it_comes(server: Server) -> None:
    wire = server.connect()
    await wire.send(body(1_000_000))
    for _ in range(70):
        await wire.send(b"x" * 1100)
        await server.clock.advance(1)
    assert wire.statuses == [408]


async def test_a_body_that_came_quickly_may_not_rest_on_that(server: Server) -> None:
    wire = server.connect()
    await wire.send(body(1_000_000) + b"x" * 999_999)
    await server.clock.advance(protocol.BODY_SECONDS + 1.5)
    assert wire.statuses == [408]


async def test_time_in_which_the_server_does_not_read_is_not_the_clients(slow: Slow) -> None:
    server = Server(slow)
    wire = server.connect()
    await wire.send(body(1_000_000) + b"x" * 100_000)
    await server.clock.advance(60)
    assert not wire.protocol.is_refused


# Responses that nobody reads


async def test_beyond_what_a_worker_may_hold_the_client_that_reads_nothing_for_longest_is_dropped(
    slow: Slow, monkeypatch: Any
) -> None:
    monkeypatch.setattr(protocol, "MOST_HELD", 150_000)
    server = Server(slow)
    wires = [server.connect() for _ in range(2)]
    for wire in wires:
        wire.unsent = 100_000
        wire.protocol.pause_writing()
    assert [wire.aborted for wire in wires] == [True, False]
    assert held(server) == 100_000


async def test_it_is_one_of_the_address_that_holds_most(slow: Slow, monkeypatch: Any) -> None:
    monkeypatch.setattr(protocol, "MOST_HELD", 350_000)
    server = Server(slow)
    wires = [server.connect(f"192.0.2.{last}") for last in (1, 2, 2, 3)]
    for wire in wires:
        wire.unsent = 100_000
        wire.protocol.pause_writing()
    assert [wire.aborted for wire in wires] == [False, True, False, False]


@pytest.fixture
async def listening(slow: Slow) -> AsyncIterator[tuple[Server, int, list[Any]]]:
    """A server on a real network, its port, and its connections."""
    loop, server, made = asyncio.get_running_loop(), Server(slow), list[Any]()

    def connect() -> Any:
        made.append(server.protocol(loop))
        return made[-1]

    async with await loop.create_server(connect, "127.0.0.1", 0) as listener:
        yield server, listener.sockets[0].getsockname()[1], made


async def test_the_kernel_holds_little_and_not_for_long(listening: tuple[Server, int, list[Any]]) -> None:
    _, port, made = listening
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    await settled()
    connected = made[0].transport.get_extra_info("socket")
    assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * transport.SEND_BUFFER
    assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
    writer.close()


async def test_a_dropped_client_hears_a_reset_not_an_end(listening: tuple[Server, int, list[Any]]) -> None:
    _, port, made = listening
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await settled()
    made[0].reset()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


def test_few_open_files_leave_connections_all_the_same() -> None:
    assert [protocol.most_connections(files) for files in (100, 200, 1024, 1_000_000)] == [50, 100, 824, 10_000]


@pytest.fixture
def uncollected() -> Iterator[None]:
    """The garbage collector may be long in coming."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("sent", [HELLO, body(50_000) + b"x", HELLO[:-1]])
async def test_a_connection_that_ends_is_freed_at_once(server: Server, sent: bytes) -> None:
    wire = server.connect()
    await wire.send(sent)
    connection = weakref.ref(wire.protocol)
    wire.close()
    await settled()
    del wire.protocol
    assert connection() is None


async def test_a_connection_at_rest_does_not_hold_the_address_that_it_asked_for(server: Server) -> None:
    wire = server.connect()
    await wire.send(HELLO)
    assert wire.statuses == [200]
    assert (wire.protocol.url, wire.protocol.scope, wire.protocol.cycle) == (b"", {}, None)


async def test_the_worker_counts_nothing_when_all_have_left(server: Server) -> None:
    wires = [Wire(server.protocol()) for _ in range(5)]
    for wire in wires:
        await wire.send(body(50_000) + b"x" * 20_000)
        wire.protocol.pause_writing()
        wire.close()
    await settled()
    assert (held(server), server.app_state["stuck"]) == (0, {})
