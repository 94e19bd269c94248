"""What the protocol of a connection does with its transport: how it writes, when it reads, how much may wait."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

SEND_BUFFER = 64 * 1024  # bytes that the kernel holds for a client; it takes as much again for itself
UNREAD = 16 * 1024  # bytes that wait beside them before the application is told to wait
STUCK_SECONDS, READ_RATE = 30.0, 1024  # so long a client may read less than so many bytes a second
SMALL = 4096  # bytes


def limit_buffers(transport: Any) -> None:
    """A client that does not read has little here and in the kernel, and not for long."""
    transport.set_write_buffer_limits(UNREAD)
    connected = transport.get_extra_info("socket")
    if connected and connected.family in {socket.AF_INET, socket.AF_INET6}:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux has it. After so long without progress the kernel resets
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(STUCK_SECONDS * 1000))


class Outgoing:
    """Writes a small piece together with the next one, if that comes in the same turn of the event loop: the head of a
    response and its body are one call of the kernel, and one packet."""

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
    """Reads nothing more while there is something to parse, whoever asks for it."""

    def __init__(self, transport: Any, connection: Any) -> None:
        super().__init__(transport)
        self.connection = connection

    def resume_reading(self) -> None:
        if not self.connection.unparsed:
            super().resume_reading()
