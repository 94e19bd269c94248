"""The limits of a connection: how large a request may be, how long it may take to arrive, how much of it may wait in
memory, how slowly its answer may be read, and how the connection ends when the server stops. Neither uvicorn nor h11
has such limits, so this extends uvicorn's protocol, which is undocumented: written for 0.54.0 and httptools 0.9.0.
"""

import asyncio
import json
import math
import resource
import socket
import struct
import weakref
from collections import Counter, defaultdict
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from django41_example.server import request_head
from django41_example.server.forwarded import network_of
from django41_example.server.request_head import LARGEST_HEAD, LONGEST_ADDRESS, MOST_HEADERS
from django41_example.server.transport import (
    READ_RATE,
    STUCK_SECONDS,
    Flow,
    Outgoing,
    joined,
    limit_buffers,
    status_line,
)
from django41_example.server.turns import Turns

HEAD_SECONDS = 6.0  # seconds for the first line and the headers
BODY_SECONDS, BODY_RATE = 6.0, 1024  # seconds that a body may be slower than so many bytes a second
BODY_TOTAL_SECONDS, BODY_TOTAL_RATE = 60.0, 32 * 1024  # seconds for a whole body, plus one for every so many bytes

# Bytes of unfinished requests, requests without a response and unread responses, over all connections of this worker.
# Each connection gets FREE_BYTES in addition, so that a plain request gets a response whatever others hold.
MOST_HELD, FREE_BYTES = 32 << 20, 4096
LARGEST_HELD = 2560 << 10  # bytes of a body in memory; Django writes larger ones to disk
LONGEST_LOOK = 4096  # bytes that are searched to count requests
HEAD_END = b"\r\n\r\n"

OTHER_FILES = 200  # file descriptors for databases, logs and uploads


def most_connections(files: int) -> int:
    """The number of connections that a worker accepts if it may open so many files."""
    return 10_000 if files == resource.RLIM_INFINITY else min(10_000, max(files - OTHER_FILES, files // 2))


MOST_CONNECTIONS = most_connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
LINGER_SECONDS = 1.0  # seconds to read what a rejected client still sends: otherwise it gets a reset, not the response
LAST_REQUEST_SECONDS = 0.5  # seconds for a request that is arriving while the server stops

REFUSALS = {
    400: "This is not a valid HTTP request. Send one Host header, which agrees with the URL, and percent-encode "
    "characters beyond ASCII, as curl does with -G --data-urlencode.",
    406: "Not every response is compressed. Allow identity in Accept-Encoding.",
    408: "The request took too long to arrive. Send it again.",
    414: f"A URL may have at most {LONGEST_ADDRESS:,} bytes. Ask for less at once.",
    431: f"There may be {MOST_HEADERS} headers with {LARGEST_HEAD:,} bytes in all. Send fewer or shorter ones.",
    503: "The server is busy. Try again in a moment.",
    505: "This server speaks HTTP/1.1. Send the request again in that version.",
}
PAGE = '<!DOCTYPE html>\n<html lang="en"><title>{0}</title><h1>{0}</h1><p>{1}</p>\n'


class LimitedProtocol(HttpToolsProtocol):
    """One connection. `late_at` is the deadline for the rest of a head, or for more of a body.

    Pipelined requests stay unparsed, as bytes, and nothing more is read until their turn.
    """

    unparsed = b""
    task: asyncio.Task[None] | None = None  # of the latest request
    to_start: Any = None  # the request that starts at this connection's turn
    unanswered: Any = None  # the current request or the one about to start; one at a time
    is_waiting = False  # waiting for its turn
    started_at_once = 0  # requests since it was last idle
    arrived = 0  # bytes without a response so far
    unsent = 0  # bytes that were waiting for the client when it stopped reading
    held = 0  # bytes of both that count towards MOST_HELD
    body_due = 0  # bytes of the body still to come, if the head says so
    late_at: float | None = None
    idle_until = math.inf  # the deadline for the first byte of another request
    total_at = 0.0  # the deadline for the whole body
    stuck_at: float | None = None
    head_size = 0  # bytes
    refusal = 400
    is_refused = is_ending = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.flow, self.outgoing = Flow(transport, weakref.proxy(self)), Outgoing(transport, self.loop)
        # The connections by address, oldest first, and those whose clients do not read, longest stuck first.
        self.by_address: Any = self.app_state.setdefault("by_address", defaultdict(dict))
        self.stuck: dict[LimitedProtocol, None] = self.app_state.setdefault("stuck", {})
        self.held_by_address: Counter[str] = self.app_state.setdefault("held_by_address", Counter())
        self.turns: Turns = self.app_state.setdefault("turns", Turns(self.loop, self.app_state.get("validate")))
        self.address = network_of(self.client[0] if self.client else "")
        limit_buffers(transport)
        self.late_at = self.loop.time() + HEAD_SECONDS
        if not self.app_state.get("is_watched"):
            self.app_state["is_watched"] = True
            close_late_ones(self.loop, self.connections, self.app_state)
        self.by_address[self.address][self] = None
        if len(self.connections) > MOST_CONNECTIONS and not self.make_room():
            self.refuse(503)
            self.outgoing.close()
        elif self.app_state.get("is_ending"):  # it came as the server started to stop
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.to_start = None
        self.leave_task()
        self.forget_request()
        self.let_go()
        self.by_address[self.address].pop(self, None)
        if not self.by_address[self.address]:
            del self.by_address[self.address]

    def make_room(self) -> bool:
        """Reset the oldest connection of the address with the most connections, if it exceeds its share."""
        of_one, share = max(self.by_address.values(), key=len), self.app_state.get("client_share", 1)
        if share == 1 or len(of_one) <= MOST_CONNECTIONS * share:
            return False
        oldest = next(iter(of_one))
        del of_one[oldest]
        oldest.reset()
        return True

    # Arriving data

    def data_received(self, data: bytes) -> None:
        if self.is_refused:
            return
        self.unparsed += data
        self.arrived += len(data)
        if not self.hold():
            self.refuse(503)
        self.go_on()

    def go_on(self) -> None:
        """Take a turn to parse what has arrived and start a request."""
        if not self.is_waiting and (self.to_start or self.may_parse()):
            self.is_waiting = True
            self.turns.ask(self)
        if self.unparsed and not (self.is_waiting and len(self.unparsed) <= FREE_BYTES):
            self.flow.pause_reading()

    def may_parse(self) -> bool:
        """Whether there is something to parse and no request is still without a response."""
        is_answering = self.unanswered and not self.unanswered.more_body
        return bool(self.unparsed) and not (is_answering or self.is_refused or self.transport.is_closing())

    def sent_at_once(self) -> int:
        """About how many requests the client has sent without waiting for a response."""
        return self.started_at_once + self.unparsed.count(HEAD_END, 0, LONGEST_LOOK)

    def take_turn(self, version: int | None = None) -> None:
        """Start a request; `version` is that of cached values, if it is already known."""
        self.is_waiting = False
        if self.transport.is_closing():
            return
        if not self.to_start:
            self.parse()
        if self.to_start:
            self.scope["catalogue_version"] = version  # type: ignore[typeddict-unknown-key]
            self.start(*self.to_start)
        if self.unparsed:
            self.go_on()
        if not self.unparsed and not (self.cycle and len(self.cycle.body) > HIGH_WATER_LIMIT):
            self.flow.resume_reading()

    def parse(self) -> None:
        """Parse what has arrived, up to the end of a head or a body, until there is a request to start."""
        while not self.to_start and self.may_parse():
            found = self.unparsed.find(HEAD_END)
            size = self.body_due or (found + len(HEAD_END) if found >= 0 else len(self.unparsed))
            piece, self.unparsed = self.unparsed[:size], self.unparsed[size:]
            before = self.cycle
            self.feed(piece)
            if not self.is_refused:
                self.set_deadline(piece, before)

    def start(self, cycle: Any, app: Any) -> None:
        """Start the request like uvicorn, but run its first step at once to time it, as it is often the only step."""
        self.to_start = None
        self.started_at_once += 1
        self.leave_task()
        self.task = asyncio.Task(cycle.run_asgi(app), loop=asyncio.get_running_loop(), eager_start=True)

    def leave_task(self) -> None:
        """Hand the task to the server, which waits for such tasks when it stops. For every request that is slow."""
        if self.task and not self.task.done():
            self.tasks.add(self.task)
            self.task.add_done_callback(self.tasks.discard)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self.to_start = cycle, app

    def feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.parse_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.refuse(self.refusal)

    def parse_without_upgrade(self, data: bytes) -> None:
        """Parse a head again without its Upgrade header, which we do not support: because of it the parser treats the
        body and the following requests as another protocol."""
        if self.parser.get_method() == b"CONNECT":
            self.refuse(400)
            return
        kept = [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # like uvicorn
        self.feed(line + b"".join(kept) + b"\r\n" + data)

    def set_deadline(self, data: bytes, before: Any) -> None:
        """Set `late_at` after this data; `before` is the latest request before it."""
        now = self.loop.time()
        if self.cycle is not None and self.cycle.scope is self.scope and not self.cycle.more_body:
            self.late_at, self.head_size = None, 0  # whole requests have arrived, and nothing else
        elif self.cycle is not before:  # a head and a part of its body have arrived
            self.head_size, self.late_at = 0, now + BODY_SECONDS
            self.total_at = now + BODY_TOTAL_SECONDS
        elif self.cycle is None or self.cycle.scope is not self.scope:  # a part of a head has arrived
            self.head_size += len(data)
            if self.late_at is None and self.is_idle():
                self.late_at = now + HEAD_SECONDS
            if self.head_size > LARGEST_HEAD + LONGEST_ADDRESS:
                self.refuse(431 if self.headers else 414)

    def is_idle(self) -> bool:
        """Whether this connection has no request, running or waiting."""
        return not (self.unanswered or self.unparsed)

    # Callbacks of the parser

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # it is parsed again
        try:
            self.body_due = request_head.check(self.parser.get_http_version(), self.url, self.headers)
        except request_head.BadHead as error:
            self.refusal = error.status
            raise
        super().on_headers_complete()
        self.cycle.transport = self.outgoing  # type: ignore[assignment]  # it has the methods that a cycle calls
        self.unanswered = self.cycle
        if self.is_ending:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self.body_due = max(0, self.body_due - len(body))  # unknown for a body in chunks
        if self.cycle.response_started:
            self.arrived -= len(body)  # it is only read so that its client reads the response
        if self.late_at is not None:
            self.total_at += len(body) / BODY_TOTAL_RATE
            self.late_at = min(self.late_at + len(body) / BODY_RATE, self.loop.time() + BODY_SECONDS, self.total_at)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self.body_due = 0

    def on_response_complete(self) -> None:
        """Unlike uvicorn's, this sets no timer per request and checks no pipeline, as there is none."""
        self.unanswered = None
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.idle_until = self.loop.time() + self.timeout_keep_alive
        self.arrived = len(self.unparsed)
        self.hold()
        self.flow.resume_reading()
        if self.is_refused:
            self.write_refusal()
        if self.unparsed:
            self.go_on()
        else:
            self.started_at_once = 0
            if not self.cycle.more_body:
                self.forget_request()

    def forget_request(self) -> None:
        """Free the last request, which may hold 30 KB until the next one comes. It refers back to this connection, so
        only the garbage collector would free the two, and that may take long."""
        self.cycle, self.scope, self.url, self.headers = None, {}, b"", []  # type: ignore[assignment, typeddict-item]

    # Memory

    def hold(self) -> bool:
        """Count the memory that this connection holds. False if it has grown beyond the limit of the worker or the
        address."""
        held = self.unsent + (min(self.arrived - FREE_BYTES, LARGEST_HELD) if self.arrived > FREE_BYTES else 0)
        if held == self.held:
            return True
        grown, self.held = held - self.held, held
        self.app_state["held"] = total = self.app_state.get("held", 0) + grown
        of_one = self.held_by_address[self.address] = self.held_by_address[self.address] + grown
        if not of_one:
            del self.held_by_address[self.address]
        return grown <= 0 or (total <= MOST_HELD and of_one <= MOST_HELD * self.app_state.get("client_share", 1))

    def let_go(self) -> None:
        self.unparsed, self.arrived, self.unsent, self.stuck_at = b"", 0, 0, None
        self.hold()
        self.stuck.pop(self, None)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck_at = self.loop.time() + STUCK_SECONDS
        self.unsent = self.transport.get_write_buffer_size()
        self.stuck.pop(self, None)
        self.stuck[self] = None
        if not self.hold():
            most = max(self.held_by_address, key=self.held_by_address.__getitem__)
            next((one for one in self.stuck if one.address == most), self).reset()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stuck_at, self.unsent = None, 0
        self.stuck.pop(self, None)
        self.hold()

    # The end

    def refuse(self, status: int) -> None:
        """Stop reading, respond without the application once earlier requests have their responses, and close."""
        self.is_refused, self.refusal, self.unparsed = True, status, b""
        if self.unanswered and self.unanswered.more_body:  # the rejected body belongs to this request
            refused, self.unanswered = self.unanswered, None
            refused.disconnected = True
            refused.message_event.set()
            if refused.response_started:
                self.loop.call_later(LINGER_SECONDS, self.transport.close)
                return
        if self.is_idle():
            self.write_refusal()

    def write_refusal(self) -> None:
        status, detail = HTTPStatus(self.refusal), REFUSALS[self.refusal]
        kind, body = b"application/json", json.dumps({"detail": detail}).encode() + b"\n"
        if any(name == b"accept" and b"text/html" in value for name, value in self.headers or ()):  # a browser's
            kind, body = b"text/html; charset=utf-8", PAGE.format(status.phrase, detail).encode()
        again = [(b"Retry-After", b"1")] if status == HTTPStatus.SERVICE_UNAVAILABLE else []
        size = b"Content-Length", b"%d" % len(body)
        head = joined([(b"Content-Type", kind), size, *again, (b"Connection", b"close")])
        self.outgoing.write(status_line(self.refusal) + head + b"\r\n" + body)
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def reset(self) -> None:
        """Close the connection at once and drop unread data, also in the kernel."""
        if connected := self.transport.get_extra_info("socket"):
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.let_go()
        self.transport.abort()

    def shutdown(self) -> None:
        """The server stops: running requests and one that is just arriving still get their responses."""
        self.is_ending = self.app_state["is_ending"] = True
        self.leave_task()
        if end_streams := self.app_state.get("end_streams"):
            end_streams()
        if self.unanswered:
            self.cycle.keep_alive = False
        self.loop.call_later(LAST_REQUEST_SECONDS, self.close_if_idle)

    def close_if_idle(self) -> None:
        if self.is_idle():
            self.transport.close()

    def close_if_late(self, now: float) -> None:
        if self.stuck_at and now > self.stuck_at:
            if self.transport.get_write_buffer_size() > self.unsent - STUCK_SECONDS * READ_RATE:
                self.reset()
            else:  # the client reads, but slowly
                self.pause_writing()
        elif self.late_at and now > self.late_at and not self.is_refused:
            if self.flow.read_paused:  # we are slow
                self.late_at = now + BODY_SECONDS
            else:
                self.refuse(503 if self.is_waiting else 408)
        elif self.late_at is None and now > self.idle_until and self.is_idle():
            self.transport.close()


def close_late_ones(loop: asyncio.AbstractEventLoop, connections: set[Any], app_state: dict[str, Any]) -> None:
    """Check the connections every second, as long as there are any."""
    now = loop.time()
    for connection in list(connections):
        connection.close_if_late(now)
    if connections:
        loop.call_later(1, close_late_ones, loop, connections, app_state)
    else:
        app_state["is_watched"] = False
