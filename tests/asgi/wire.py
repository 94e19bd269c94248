"""A connection to our protocol without a network, and a clock that a test sets forward instead of waiting."""

import asyncio
import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from uvicorn.config import Config
from uvicorn.server import ServerState

from django41_example.server.protocol import LimitedProtocol


class Clock:
    """An event loop whose timers wait for `advance`."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.now, self.order = 1000.0, itertools.count()
        self.timers: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self.create_task, self.call_soon = self.loop.create_task, self.loop.call_soon

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., Any], *arguments: Any) -> "Timer":
        self.timers.append((self.now + delay, next(self.order), callback, arguments))
        return Timer(self, self.timers[-1])

    async def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while self.timers and (timer := min(self.timers))[0] <= end:
            self.timers.remove(timer)
            self.now = timer[0]
            timer[2](*timer[3])
            await settled()
        self.now = end


class Timer:
    def __init__(self, clock: Clock, timer: Any) -> None:
        self.clock, self.timer = clock, timer

    def cancel(self) -> None:
        if self.timer in self.clock.timers:
            self.clock.timers.remove(self.timer)


async def settled() -> None:
    """Let tasks and callbacks that are ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


class Wire(asyncio.Transport):
    """The server's end of a connection: what was written to it, and how it ended."""

    def __init__(self, protocol: LimitedProtocol, address: str = "127.0.0.1") -> None:
        super().__init__({"peername": (address, 50000), "sockname": ("127.0.0.1", 8000)})
        self.protocol = protocol
        self.pieces = list[bytes]()  # each written in one call of the kernel
        self.closed, self.aborted, self.is_read = False, False, True
        self.unsent = 0
        protocol.connection_made(self)

    async def send(self, data: bytes) -> None:
        self.protocol.data_received(data)
        await settled()

    @property
    def written(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", self.written)]

    # asyncio.Transport, as the protocol uses it

    def write(self, data: Any) -> None:
        self.writelines([data])

    def writelines(self, pieces: Iterable[Any]) -> None:
        self.pieces.append(b"".join(pieces))
        assert not self.closed

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.aborted = True
        self.close()

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


class Server:
    """What uvicorn gives the protocols of one worker."""

    made: ClassVar[list["Server"]] = []

    def __init__(self, application: Any) -> None:
        self.made.append(self)
        self.config = Config(application, ws="none", log_config=None, proxy_headers=False, access_log=False)
        self.config.load()
        self.state, self.app_state = ServerState(), dict[str, Any]()
        self.clock = Clock()

    def protocol(self, loop: Any = None) -> LimitedProtocol:
        clock: Any = self.clock
        return LimitedProtocol(self.config, self.state, self.app_state, loop or clock)

    def connect(self, address: str = "127.0.0.1") -> Wire:
        return Wire(self.protocol(), address)

    @classmethod
    async def end_all(cls) -> None:
        """End what is still being answered, or its tasks would be found, unfinished, in the middle of another test."""
        while cls.made:
            state: Any = cls.made.pop().state  # its connections are our own protocol's
            for connection in state.connections:
                connection.leave_task()
            tasks = list(state.tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        for connection in list(self.state.connections):
            connection.shutdown()
