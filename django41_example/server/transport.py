"""How the protocol of a connection uses its transport: how it writes, when it reads, and how much may wait."""

import asyncio
import socket
from collections.abc import Iterable, Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl

SEND_BUFFER = 64 * 1024  # bytes that the kernel buffers for a client; it needs as much again itself
UNREAD = 16 * 1024  # bytes that wait in addition before the application has to wait
STUCK_SECONDS, READ_RATE = 30.0, 1024  # so long a client may read less than so many bytes a second
SMALL = 4096  # bytes


def limit_buffers(transport: Any) -> None:
    """Limit the memory, here and in the kernel, for a client that does not read, and how long it is kept."""
    transport.set_write_buffer_limits(UNREAD)
    connected = transport.get_extra_info("socket")
    if connected and connected.family in {socket.AF_INET, socket.AF_INET6}:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # only Linux has it: after so long without progress the kernel resets
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(STUCK_SECONDS * 1000))


class ReadyHeaders:
    """Headers that are sent again and again, stored as lines ready to send.

    Adding a header results in a list, which uvicorn joins like any other.
    """

    __slots__ = ("length", "lines")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.lines = joined(headers := list(headers))
        self.length = int(dict(headers).get(b"content-length", 0))  # of the body

    def __iter__(self) -> Iterator[Any]:
        return (tuple(line.split(b": ", 1)) for line in self.lines.split(b"\r\n")[:-1])


def joined(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


@lru_cache
def status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


joined_defaults = lru_cache(1)(joined)  # the date changes each second


class Cycle(httptools_impl.RequestResponseCycle):
    """uvicorn's request and response. uvicorn checks and joins the headers of each response, which takes a third of the
    time of a cached response; here ReadyHeaders are sent unchanged."""

    transport: Any  # an Outgoing

    async def send(self, message: Any) -> None:
        headers = message.get("headers")
        if type(headers) is not ReadyHeaders or not self.keep_alive or self.disconnected or self.flow.write_paused:
            await super().send(message)
            return
        self.response_started = True
        self.chunked_encoding, self.expected_content_length = False, headers.length
        first = status_line(message["status"]) + joined_defaults(tuple(self.default_headers))
        if self.scope["method"] == "HEAD":
            self.transport.write(first + headers.lines + b"\r\n")
        else:  # a body, which may be empty, follows at once
            self.transport.kept += first + headers.lines + b"\r\n"


httptools_impl.RequestResponseCycle = Cycle  # type: ignore[misc]  # uvicorn's protocol makes one for each request


class Outgoing:
    """Writes a small piece together with the next one if that comes in the same turn of the event loop, so that the
    head of a response and its body are one system call and one packet."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.transport = transport
        self.loop = loop
        self.kept = b""

    def write(self, data: bytes) -> None:
        if self.kept:
            kept, self.kept = self.kept, b""
            self.transport.writelines((kept, data))
        elif len(data) < SMALL:
            self.kept = data
            self.loop.call_soon(self.flush)
        else:
            self.transport.write(data)

    def flush(self) -> None:
        if self.kept and not self.transport.is_closing():
            self.transport.write(self.kept)
        self.kept = b""

    def is_closing(self) -> bool:
        return bool(self.transport.is_closing())

    def close(self) -> None:
        self.flush()
        self.transport.close()


class Flow(FlowControl):
    """Does not read while there is something to parse, even if uvicorn resumes reading."""

    def __init__(self, transport: Any, connection: Any) -> None:
        super().__init__(transport)
        self.connection = connection

    def resume_reading(self) -> None:
        if not self.connection.unparsed:
            super().resume_reading()
