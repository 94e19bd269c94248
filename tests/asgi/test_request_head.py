"""What a head must be besides well-formed: its version, its host, its encodings; and what an Upgrade is answered."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from django41_example.server.request_head import accepted_encodings
from tests.asgi.wire import Server, Wire, settled

pytestmark = pytest.mark.once


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the path and the body."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    text = b"%b|%b|%b" % (scope["path"].encode(), body, dict(scope["headers"]).get(b"accept-encoding", b""))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire = Server(echo).connect()
    yield wire
    wire.close()
    await settled()
    await Server.end_all()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"GET /\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        (b"GET HTTP://A?x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET http://evil/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET http://a@evil/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET http://evil/ HTTP/1.0\r\n\r\n", 400),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 400),
    ],
)
async def test_a_request_names_its_version_and_one_host(head: bytes, status: int, wire: Wire) -> None:
    await wire.send(head)
    assert wire.statuses == [status]


UPGRADE = b"Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_an_upgrade_is_answered_as_if_nobody_had_asked_for_it(wire: Wire) -> None:
    await wire.send(b"GET /first HTTP/1.1\r\n" + UPGRADE + b"\r\n")
    assert wire.written.endswith(b"/first||")


@pytest.mark.parametrize("cut", [0, 20, 130])
async def test_the_body_of_an_upgrade_is_a_body_and_no_request(cut: int, wire: Wire) -> None:
    sent = b"POST /first HTTP/1.1\r\n" + UPGRADE + b"Content-Length: %d\r\n\r\n" % len(NEXT) + NEXT + NEXT
    await wire.send(sent[:cut])
    await wire.send(sent[cut:])
    assert wire.statuses == [200, 200]
    assert b"/first|" + NEXT in wire.written
    assert wire.written.endswith(b"/next||")


async def test_requests_behind_a_websockets_handshake_are_answered_in_order(wire: Wire) -> None:
    websocket = b"GET /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    await wire.send(websocket + NEXT)
    assert wire.statuses == [200, 200]


@pytest.mark.parametrize(
    ("header", "encodings"),
    [
        (b"", [b"identity"]),
        (b"gzip, br", [b"gzip", b"identity"]),
        (b"zstd, gzip", [b"zstd", b"gzip", b"identity"]),
        (b"gzip;q=0", [b"identity"]),
        (b"gzip;q=0.000, *", [b"zstd", b"identity"]),
        (b"zstd;q=0.5, gzip;q=0.7", [b"gzip", b"zstd", b"identity"]),
        (b"identity, gzip;q=0.5", [b"identity", b"gzip"]),
        (b"gzip, identity;q=0", [b"gzip"]),
        (b"*;q=0", []),
        (b"*;q=0, GZIP ; Q=1", [b"gzip"]),
        (b"*;q=0, identity", [b"identity"]),
        (b"identity;q=0", []),
    ],
)
def test_an_encoding_is_admitted_unless_its_quality_is_zero(header: bytes, encodings: list[bytes]) -> None:
    assert list(accepted_encodings(header)) == encodings


async def test_the_application_finds_only_what_is_admitted(wire: Wire) -> None:
    await wire.send(b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0, zstd;q=0.5\r\n\r\n")
    assert wire.written.endswith(b"/||zstd, identity")


@pytest.mark.parametrize("header", [b"*;q=0", b"identity;q=0", b"gzip, identity;q=0", b"gzip, *;q=0"])
async def test_who_refuses_what_is_not_compressed_is_told_to_allow_it(header: bytes, wire: Wire) -> None:
    await wire.send(b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: " + header + b"\r\n\r\n")
    assert wire.statuses == [406]
    assert b"Allow identity" in wire.written
