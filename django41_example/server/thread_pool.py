"""The pool of threads: how many each client may hold, and which request gets the next one."""

import asyncio
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from cachetools import LRUCache
from django.conf import settings

from django41_example.server.forwarded import network_of
from django41_example.server.statements import STATEMENT_SECONDS
from django41_example.server.threads import TURN, Checkout, PoolThread

LOOK_EVERY = 0.25  # seconds between two checks of waiting requests and running statements
SLOW_SECONDS = 1.0  # for which a client counts as slow after a request longer than a turn
# Users by a digest of their credentials, keyed by this process. It only divides threads and grants no access.
SIGNED_IN: LRUCache[bytes, str] = LRUCache(1000)
KEY = secrets.token_bytes(32)


@dataclass(frozen=True)
class Limits:
    """The limits of a pool. A request waits up to `queue_timeout` seconds, behind up to `queue_length` others."""

    queue_length: int
    queue_timeout: float = 10.0
    statement_timeout: float = STATEMENT_SECONDS
    client_share: float = 1 / 2  # of the threads and the queue, for one client address
    writer_share: float = 1 / 4  # of the threads, for requests that write
    head_start: float = 0.0  # seconds for a request before the next one gets a thread


class ThreadPool:
    """Up to `size` threads, started as needed, and the queue of requests that wait for one.

    A request that cannot wait, or has waited too long, gets PoolTimeout. Requests that write may wait for the
    database's lock while they hold a thread, so they must leave some threads to readers. The next request from the
    queue is one of the client with the fewest threads. A client whose requests take long may only use half of its
    threads for reading, since its queries compete for the processors. Calls made while a response is being sent run in
    the pool `streaming`.

    With a `head_start`, quick requests run one after the other, and slow ones at the same time. If the database runs in
    our own process, concurrent threads compete for Python's lock, and all take longer.
    Everything here runs on the event loop.
    """

    def __init__(self, size: int, limits: Limits, *, name: str = "pool", streaming: "ThreadPool | None" = None) -> None:
        self.size, self.limits, self.name, self.streaming = size, limits, name, streaming or self
        self.client_limit = math.ceil(size * limits.client_share)
        self.slow_limit = math.ceil(self.client_limit / 2)
        self.writer_limit = math.ceil(size * limits.writer_share)
        self.started = 0
        self.idle: list[PoolThread] = []  # the last one returned is used first, as its connection is the warmest
        self.queue: list[Checkout] = []  # by place
        self.holders: set[Checkout] = set()
        self.held: dict[str, int] = {}  # threads by client
        self.held_by_writers = Counter[str]()
        self.slow_until: dict[str, float] = {}  # clients, by time.monotonic
        self.looking: asyncio.TimerHandle | None = None
        self.latest: Checkout | None = None
        self.next_start = 0.0  # the start of the next one while the latest holds its thread, by the loop's clock
        self.opening: asyncio.TimerHandle | None = None

    @property
    def checked_out(self) -> int:
        return len(self.holders)

    def is_full(self, client: str, *, writes: bool) -> bool:
        """Whether a request of this client can neither get a thread now nor wait for one."""
        if self._may_hold(client, writes=writes) and (self.idle or self.started < self.size):
            return False
        waiting = sum(checkout.client == client for checkout in self.queue)
        most = self.limits.queue_length
        return len(self.queue) >= most or waiting >= math.ceil(most * self.limits.client_share)

    def take(self, checkout: "Checkout") -> PoolThread | None:
        """A thread for this checkout, to be returned with `put_back`; None if it has to wait."""
        if not (self._has_thread() and self._may_hold(checkout.client, writes=checkout.writes)):
            return None
        loop = asyncio.get_running_loop()
        if self.limits.head_start:
            self.latest, self.next_start = checkout, loop.time() + self.limits.head_start
        if self.idle:
            thread = self.idle.pop()
        else:
            self.started += 1
            thread = PoolThread(f"{self.name}-{self.started}", self)
        self.holders.add(checkout)
        self.held[checkout.client] = self.held.get(checkout.client, 0) + 1
        if checkout.writes:
            self.held_by_writers[checkout.client] += 1
        if self.looking is None:
            self.looking = loop.call_later(LOOK_EVERY, self._look)
        return thread

    def _has_thread(self) -> bool:
        """Whether a thread is free and the latest request has had its head start."""
        if not self.idle and self.started >= self.size:
            return False
        loop = asyncio.get_running_loop()
        if not self.limits.head_start or self.latest not in self.holders or loop.time() >= self.next_start:
            return True
        self.opening = self.opening or loop.call_at(self.next_start, self._open)
        return False

    def put_back(self, thread: PoolThread, checkout: Checkout) -> None:
        self.holders.discard(checkout)
        self.held[checkout.client] -= 1
        if not self.held[checkout.client]:
            del self.held[checkout.client]
        if checkout.writes:
            self.held_by_writers -= Counter([checkout.client])  # drops clients without any
        if checkout.used > TURN:
            self.note(checkout)
        self.idle.append(thread)
        if self.queue:
            self._serve_queue()

    def _open(self) -> None:
        self.opening = None
        self._serve_queue()

    def _serve_queue(self) -> None:
        while self.queue and self._has_thread() and (waiting := self._next()):
            self.queue.remove(waiting)
            if not waiting.is_wanted():
                waiting.stop_waiting()
            elif thread := self.take(waiting):
                waiting.begin(thread)

    def is_for_another(self, checkout: Checkout) -> bool:
        """Whether a waiting request comes first, and so gets the thread between two calls."""
        return bool(self.queue) and self.queue[0].place() < checkout.place()

    def _next(self) -> Checkout | None:
        """The next waiting request: the first one in the queue of the client with the fewest threads."""
        first = {(each.client, each.writes): each for each in reversed(self.queue)}
        allowed = (each for each in first.values() if self._may_hold(each.client, writes=each.writes))
        return min(allowed, key=lambda each: (self.held.get(each.client, 0), each.place()), default=None)

    def _may_hold(self, client: str, *, writes: bool) -> bool:
        if (held := self.held.get(client, 0)) >= self.client_limit:
            return False
        if writes:
            return self.held_by_writers.total() < self.writer_limit
        is_slow = client in self.slow_until and time.monotonic() < self.slow_until[client]
        return not is_slow or held - self.held_by_writers[client] < self.slow_limit

    def note(self, checkout: Checkout) -> None:
        """Note that a request has held a thread for more than a turn."""
        if not checkout.writes:
            self.slow_until[checkout.client] = time.monotonic() + SLOW_SECONDS

    def _look(self) -> None:
        now = time.monotonic()
        self.slow_until = {client: until for client, until in self.slow_until.items() if now < until}
        for checkout in (*self.queue, *self.holders):
            checkout.look(now)
        self._serve_queue()
        self.looking = asyncio.get_running_loop().call_later(LOOK_EVERY, self._look) if self.holders else None

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]], *, writes: bool = False) -> None:
        """Run work outside of any request."""
        with Checkout(self, writes=writes):
            await work()

    def close(self) -> None:
        """Stop the idle threads. The others end with the process."""
        idle, self.idle = self.idle, []
        for thread in idle:
            thread.calls.put(None)
        for thread in idle:
            thread.thread.join(timeout=1)
        if self.streaming is not self:
            self.streaming.close()


def client_of(scope: Any) -> str:
    """The client that shares of threads and downloads are for: an address or network, or a user who has signed in.

    So a librarian does not wait for a crowd at her school's only address. At this point credentials are not checked
    yet, but they count if they were right before.
    """
    credentials = credentials_of(scope) if SIGNED_IN else b""
    return SIGNED_IN.get(credentials) or network_of((scope.get("client") or ("",))[0])


def remember_user(scope: Any, user: int) -> None:
    """Note that the credentials of this request are right and belong to this user."""
    if credentials := credentials_of(scope):  # without credentials it would be everybody
        SIGNED_IN[credentials] = f"user {user}"


def credentials_of(scope: Any) -> bytes:
    """A digest of the user named by a proxy, the token or password, and the session; empty without any."""
    session = settings.SESSION_COOKIE_NAME.encode()
    found = [scope.get("remote_user", "").encode()]
    for name, value in scope["headers"]:
        if name == b"authorization":
            found.append(value)
        elif name == b"cookie":
            found += [cookie for cookie in value.split(b";") if cookie.partition(b"=")[0].strip() == session]
    return blake2b(b"\0".join(found), key=KEY).digest() if any(found) else b""
