"""Raw bytes, cut anywhere, against a connection: it never fails, and answers well-formed or ends.

FUZZ_EXAMPLES=20000 pytest tests/asgi/test_fuzz_protocol.py: so many examples instead of a few.
"""

import asyncio
import logging
import os
import re
from itertools import pairwise

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asgi.test_protocol import hello
from tests.asgi.wire import Server, Wire, settled

pytestmark = pytest.mark.once

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
METHODS = [b"GET", b"POST", b"HEAD", b"OPTIONS", b"CONNECT", b"PRI", b"get", b"M-SEARCH", b"\xff"]
TARGETS = [b"/", b"/a?b#c", b"*", b"http://a/", b"http://evil/", b"a:80", b"//x", b"/%00%ff", b"", b"\x00", b"?"]
VERSIONS = [b" HTTP/1.1", b" HTTP/1.0", b" HTTP/2.0", b" HTTP/0.9", b"", b" HTTP/1.1 x"]
HEADERS = [
    b"Host: a",
    b"Host: b",
    b"Host:",
    b"Content-Length: 5",
    b"Content-Length: 50000",
    b"Content-Length: -1",
    b"Content-Length: 5, 5",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: identity",
    b"Connection: close",
    b"Connection: keep-alive, Upgrade",
    b"Upgrade: h2c",
    b"Upgrade: websocket",
    b"Expect: 100-continue",
    b"Accept-Encoding: *;q=0",
    b"Accept-Encoding: gzip;q=0, x;q=9",
    b" folded",
    b"no colon",
    b"X: \x00",
    b"X" * 40_000,
]
BODIES = [
    b"",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"fffffffffffffffff\r\n",
    b"0\r\nX: y\r\n\r\n",
    b"\r\n\r\n",
    b"5;x\r\n",
]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    line = draw(st.sampled_from(METHODS)) + b" " + draw(st.sampled_from(TARGETS)) + draw(st.sampled_from(VERSIONS))
    lines = [line, *draw(st.lists(st.sampled_from(HEADERS), max_size=5))]
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"]))
    return end.join(lines) + end + end + draw(st.sampled_from(BODIES))


packets = st.lists(st.one_of(requests(), requests(), st.binary(max_size=60)), min_size=1, max_size=6).map(b"".join)


def well_formed(written: bytes) -> bool:
    """Whether these are whole responses, one behind the other; interim ones have no body."""
    while written:
        head, found, rest = written.partition(b"\r\n\r\n")
        if not found or not re.match(rb"HTTP/1\.1 [1-5]\d\d [A-Z]", head):
            return False
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        size = int(length[1]) if length else 0
        # A response to HEAD has none of its body: the next begins at once.
        written = rest if rest.startswith(b"HTTP/1.1 ") or len(rest) < size else rest[size:]
        if len(rest) < size and rest:
            return False
    return True


async def answers_to(sent: bytes, cuts: list[int]) -> tuple[Wire, Server]:
    server = Server(hello)
    wire = server.connect()
    places = sorted({0, *(cut % (len(sent) + 1) for cut in cuts), len(sent)})
    for start, end in pairwise(places):
        if not wire.closed:
            await wire.send(sent[start:end])
    for _ in range(20):
        await settled()
    await server.clock.advance(120)  # what is incomplete is given up
    if not wire.closed:
        wire.close()
    await settled()
    await Server.end_all()
    return wire, server


@hypothesis.settings(max_examples=EXAMPLES)
@given(sent=packets, cuts=st.lists(st.integers(0, 5000), max_size=5))
def test_a_connection_answers_well_formed_or_ends(sent: bytes, cuts: list[int]) -> None:
    told: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("uvicorn.error").addHandler(listener)
    try:
        wire, server = asyncio.run(answers_to(sent, cuts))
    finally:
        logging.getLogger("uvicorn.error").removeHandler(listener)
    assert told == []
    assert well_formed(wire.written), wire.written
    assert server.app_state.get("held", 0) == 0
