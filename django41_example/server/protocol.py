"""The limits of a connection, on uvicorn's own protocol: what a request's first line and headers may be, how long they
and the body may take, how many connections there may be, and how a connection ends when the server stops. It extends a
class that uvicorn does not document, as in 0.54.0 on httptools 0.9.0."""

import asyncio
import json
import resource
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_ADDRESS = 8 * 1024  # bytes
LARGEST_HEAD = 32 * 1024  # bytes of all headers together
MOST_HEADERS = 100
HEAD_SECONDS = 6.0  # for the first line and the headers
BODY_SECONDS, BODY_RATE = 6.0, 1024  # a body has so many seconds, and one more for each KiB that arrived
STUCK_SECONDS = 30.0  # for a client to read on, when the answer is more than fits on the way
OPEN_FILES, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
MOST_CONNECTIONS = 10_000 if OPEN_FILES == resource.RLIM_INFINITY else min(10_000, OPEN_FILES - 200)
LINGER_SECONDS = 1.0  # what a refused client still sends is read so long: else it hears a reset, not the answer
LAST_REQUEST_SECONDS = 0.5  # for a request that is on its way to a server that begins to stop

REFUSALS = {
    400: "This is not HTTP. What is beyond ASCII must be percent-encoded, as curl does with -G --data-urlencode.",
    408: "The request took too long to arrive. Send it again.",
    414: f"An address may have {LONGEST_ADDRESS:,} bytes. Ask for less at once.",
    431: f"There may be {MOST_HEADERS} headers with {LARGEST_HEAD:,} bytes in all. Send fewer or shorter ones.",
    503: "Too many connections are open. Try again in a moment.",
}


class TooLong(Exception):
    """Stops the parser."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection. `late_at` is when its client must have sent the head, or the body, that it is sending."""

    late_at: float | None = None
    stuck_at: float | None = None
    unsent = 0  # bytes that waited for a client that did not read
    head_size = 0  # bytes
    head_at_most = 0  # bytes that a head in what is being read can have
    refusal = 400
    is_refused = is_ending = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.late_at = self.loop.time() + HEAD_SECONDS
        if not self.app_state.get("is_watched"):
            self.app_state["is_watched"] = True
            close_late_ones(self.loop, self.connections, self.app_state)
        if len(self.connections) > MOST_CONNECTIONS:
            self.error_response(503)
            transport.close()
        elif self.app_state.get("is_ending"):  # it came while the server began to stop
            self.shutdown()

    def data_received(self, data: bytes) -> None:
        if self.is_refused:
            return
        before = self.cycle
        self.head_at_most = self.head_size + len(data)
        super().data_received(data)
        if self.cycle is not None and self.cycle.scope is self.scope and not self.cycle.more_body:
            self.late_at, self.head_size = None, 0  # whole requests have arrived, and nothing else
        elif not self.is_refused:
            self.await_the_rest(data, before)

    def await_the_rest(self, data: bytes, before: Any) -> None:
        """A head, or a body, has arrived in part; `before` is the latest request as it was before this data."""
        if self.cycle is not before:
            self.head_size, self.late_at = 0, self.loop.time() + BODY_SECONDS
        elif self.cycle is None or self.cycle.scope is not self.scope:
            self.head_size += len(data)
            if self.late_at is None and self.is_idle():
                self.late_at = self.loop.time() + HEAD_SECONDS
            if self.head_size > LARGEST_HEAD + LONGEST_ADDRESS:
                self.error_response(431 if self.headers else 414)

    def is_idle(self) -> bool:
        """Whether no request of this connection is being answered."""
        return self.cycle is None or self.cycle.response_complete

    # What the parser finds

    def on_headers_complete(self) -> None:
        if len(self.headers) > MOST_HEADERS or self.head_at_most > LONGEST_ADDRESS:
            self.limit(414, len(self.url), LONGEST_ADDRESS)
            self.limit(431, len(self.headers), MOST_HEADERS)
            self.limit(431, sum(len(name) + len(value) for name, value in self.headers), LARGEST_HEAD)
        super().on_headers_complete()
        if self.is_ending:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.late_at is not None:
            self.late_at += len(body) / BODY_RATE

    def limit(self, status: int, size: int, most: int) -> None:
        if size > most:
            self.refusal = status
            raise TooLong

    def send_400_response(self, msg: str) -> None:
        """The parser stopped."""
        self.error_response(self.refusal)

    # How it ends

    def error_response(self, status: int) -> None:
        """Answer without the application, and end the connection."""
        self.is_refused = True
        if self.is_idle() or not self.cycle.response_started:
            phrase, body = HTTPStatus(status).phrase, json.dumps({"detail": REFUSALS[status]}).encode() + b"\n"
            head = f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            again = "Retry-After: 1\r\n" if status == HTTPStatus.SERVICE_UNAVAILABLE else ""
            self.transport.write(f"{head}{again}Connection: close\r\n\r\n".encode() + body)
        if not self.is_idle():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def shutdown(self) -> None:
        """The server stops. What is being answered is answered; a request that is on its way still finds us."""
        self.is_ending = self.app_state["is_ending"] = True
        if end_streams := self.app_state.get("end_streams"):
            end_streams()
        if self.is_idle():
            self.loop.call_later(LAST_REQUEST_SECONDS, self.close_if_idle)
        else:
            self.cycle.keep_alive = False

    def close_if_idle(self) -> None:
        if self.is_idle():
            self.transport.close()

    def close_if_late(self, now: float) -> None:
        if self.stuck_at and now > self.stuck_at:
            if self.transport.get_write_buffer_size() >= self.unsent:
                self.transport.abort()
            else:  # it reads, if slowly
                self.pause_writing()
        elif self.late_at and now > self.late_at and not (self.is_refused or self.flow.read_paused):
            self.error_response(408)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck_at = self.loop.time() + STUCK_SECONDS
        self.unsent = self.transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stuck_at = None


def close_late_ones(loop: asyncio.AbstractEventLoop, connections: set[Any], app_state: dict[str, Any]) -> None:
    """Look at the connections each second, as long as there are any."""
    now = loop.time()
    for connection in list(connections):
        connection.close_if_late(now)
    if connections:
        loop.call_later(1, close_late_ones, loop, connections, app_state)
    else:
        app_state["is_watched"] = False
