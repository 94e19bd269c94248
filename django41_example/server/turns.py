"""Whose request is next: connections take turns, so that nobody waits for all that somebody else has asked for."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from time import perf_counter
from typing import Any

SLICE = 0.004  # seconds of each turn of the event loop in which requests begin; the rest is for those that go on


class Turns:
    """The connections of a worker that have sent something which is to be parsed and answered.

    In a slice of time of each turn of the event loop, some of them `take_turn`, each for one request. Client addresses
    alternate. Of one address, the connection that has sent the fewest requests at once goes first: so a crowd of
    connections that send theirs ahead of the answers holds up nobody who waits for each.

    As long as there is time, a request is parsed when it arrives: a processor reads and parses many, and then answers
    them, in less time than it takes for each in turn.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: dict[str, list[tuple[int, int, Any]]] = {}  # heaps by address; the first address is next
        self.numbers = count()
        self.spent = 0.0  # seconds of this slice
        self.is_scheduled = False

    def ask(self, connection: Any) -> None:
        """Have it take its turn in the next slice."""
        entry = connection.sent_at_once(), next(self.numbers), connection
        heappush(self.waiting.setdefault(connection.address, []), entry)
        if self.spent < SLICE:
            self._time(connection.parse)
        self._schedule()

    def _schedule(self) -> None:
        if not self.is_scheduled:
            self.is_scheduled = True
            self.loop.call_soon(self._begin_slice)

    def _begin_slice(self) -> None:
        self.spent, self.is_scheduled = 0.0, False
        try:
            while self.waiting and self.spent < SLICE:
                self._time(self._next().take_turn)
        finally:
            if self.waiting:
                self._schedule()

    def _next(self) -> Any:
        address = next(iter(self.waiting))
        waiting = self.waiting.pop(address)
        _, _, connection = heappop(waiting)
        if waiting:
            self.waiting[address] = waiting  # at the end
        return connection

    def _time(self, step: Callable[[], None]) -> None:
        began = perf_counter()
        try:
            step()
        finally:
            self.spent += perf_counter() - began
