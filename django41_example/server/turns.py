"""Decides which request is next: connections take turns, so that nobody waits for all requests of somebody else."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from time import perf_counter
from typing import Any

Validate = Callable[[], "asyncio.Future[int | None]"]

SLICE = 0.004  # seconds of each turn of the event loop in which requests may start; the rest is for running ones


class Turns:
    """The connections of a worker that have sent something to parse and respond to.

    Each turn of the event loop has a slice of time in which connections `take_turn`, each for one request. Client
    addresses alternate. Within an address, the connection that has sent the fewest requests at once goes first: a
    crowd of connections that pipeline requests cannot delay clients that wait for each answer.

    While there is time, a request is parsed when it arrives: reading and parsing many requests and then answering them
    takes less time than doing so one by one.

    With `validate`, a slice begins once the version of what is cached is known, asked for after its requests arrived:
    if each waited for it by itself, a cached response would take a fifth more time.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, validate: Validate | None = None) -> None:
        self.loop, self.validate = loop, validate
        self.arrived: list[tuple[int, int, Any]] = []  # since the last slice began or its version was requested
        self.waiting: dict[str, list[tuple[int, int, Any]]] = {}  # heaps by address; the first address is next
        self.numbers = count()
        self.spent = 0.0  # seconds of this slice
        self.is_scheduled = False

    def ask(self, connection: Any) -> None:
        """Queue the connection for the next slice."""
        self.arrived.append((connection.sent_at_once(), next(self.numbers), connection))
        if self.spent < SLICE:
            began = perf_counter()
            connection.parse()
            self.spent += perf_counter() - began
        self._schedule()

    def _schedule(self) -> None:
        if not self.is_scheduled:
            self.is_scheduled = True
            self.loop.call_soon(self._validate)

    def _validate(self) -> None:
        for entry in self.arrived:
            heappush(self.waiting.setdefault(entry[2].address, []), entry)
        self.arrived.clear()
        if self.validate:
            self.validate().add_done_callback(self._begin_slice)
        else:
            self._begin_slice()

    def _begin_slice(self, validated: "asyncio.Future[int | None] | None" = None) -> None:
        began, self.spent, self.is_scheduled = perf_counter(), 0.0, False
        version = validated.result() if validated else None
        try:
            while self.waiting and self.spent < SLICE:
                self._next().take_turn(version)
                self.spent = perf_counter() - began
        finally:
            if self.waiting or self.arrived:
                self._schedule()

    def _next(self) -> Any:
        address = next(iter(self.waiting))
        waiting = self.waiting.pop(address)
        _, _, connection = heappop(waiting)
        if waiting:
            self.waiting[address] = waiting  # at the end
        return connection
