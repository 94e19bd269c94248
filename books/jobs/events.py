"""Server-sent events of jobs: one query serves all subscribers of a process.

A process queries the database only while it has subscribers. An event is the whole state of a job, so a slow subscriber
can skip to the latest. Its id is a digest of that state, the same on every worker, and a reconnecting client sends it
back.
"""

import asyncio
import logging
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from typing import Any

from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections
from django.db.models import Q, QuerySet

from books.models import Job
from books.models.job import ACTIVE
from books.web import serializers
from books.web.negotiation import as_json
from django41_example.server.threads import PoolTimeout

POLL_EVERY = 0.25  # seconds
PAUSE = 2.0  # seconds after an error of our own
KEEPALIVE_EVERY = 10.0  # seconds without an event
CHECK_EVERY = 1.0  # seconds between two checks that a client may still read
RETRY = b"retry: 1000\n\n"  # milliseconds until a browser reconnects

Row = dict[str, Any]

log = logging.getLogger(__name__)


class Event:
    """The state of a job at one moment."""

    def __init__(self, row: Row) -> None:
        data = as_json(serializers.job(row))
        self.key: str = row["key"]
        self.id = f"{zlib.crc32(data):08x}"
        self.is_last = row["status"] not in ACTIVE
        self.encoded = b"event: job\nid: %s\ndata: %s\n" % (self.id.encode(), data)  # data ends with a newline


class Subscriber:
    """A client, with the latest event of each job that it has yet to receive. Without a key it follows all jobs.

    `last_id` is the last event that the client has received. It is only sent again if it ends the job.
    """

    def __init__(self, key: str | None, last_id: str = "") -> None:
        self.key, self.last_id = key, last_id
        self.pending: dict[str, Event] = {}
        self.latest: dict[str, str] = {}  # the id of the latest event of each job
        self.has_news = asyncio.Event()

    def notify(self, event: Event) -> None:
        if self.key not in {None, event.key} or self.latest.get(event.key) == event.id:
            return
        is_new = event.key in self.latest or event.id != self.last_id or event.is_last
        self.latest[event.key] = event.id
        if is_new:
            self.pending[event.key] = event
            self.has_news.set()

    async def receive(self) -> list[Event]:
        """Wait for new events; returns none after KEEPALIVE_EVERY seconds."""
        try:
            async with asyncio.timeout(KEEPALIVE_EVERY):
                await self.has_news.wait()
        except TimeoutError:
            return []
        self.has_news.clear()
        received, self.pending = self.pending, {}
        return list(received.values())


class Broadcaster:
    """The subscribers of this process, and the task that polls for them."""

    def __init__(self) -> None:
        self.subscribers: set[Subscriber] = set()
        self.events: dict[str, Event] = {}  # the latest of each active job
        self.newest: int | None = None  # the last job seen, since a later one may end before the next poll
        self.task: asyncio.Task[None] | None = None

    def subscribe(self, subscriber: Subscriber) -> None:
        self.subscribers.add(subscriber)
        if self.task is None or self.task.done():
            # In its own context, as the task outlives the request that starts it and that request's thread.
            self.task = asyncio.get_running_loop().create_task(self._poll_forever(), context=Context())

    def begin(self, subscriber: Subscriber, event: Event) -> None:
        """Send the state that begins a stream, unless a poll has sent a later one."""
        if not event.is_last:
            self.events.setdefault(event.key, event)  # so that its end is noticed even before the first poll
        if event.key not in subscriber.latest:
            subscriber.notify(event)

    async def _poll_forever(self) -> None:
        while self.subscribers:
            try:
                await self._poll()
            except Error:  # the database may come back while the subscribers wait
                await sync_to_async(close_old_connections)()
            except Exception:  # the boundary of the task, which nobody awaits
                log.exception("The events of jobs pause.")
                await asyncio.sleep(PAUSE)
            await asyncio.sleep(POLL_EVERY)
        self.events, self.newest = {}, None

    async def _poll(self) -> None:
        if self.newest is None:
            self.newest = await Job.objects.order_by("-pk").values_list("pk", flat=True).afirst() or 0
        followed = {subscriber.key for subscriber in self.subscribers if subscriber.key}
        wanted = Q(status__in=ACTIVE) | Q(key__in=followed | self.events.keys()) | Q(pk__gt=self.newest)
        async for row in Job.objects.filter(wanted).order_by("pk").values("pk", *Job.objects.all().ENTRY):
            self.newest = max(self.newest, row["pk"])
            event, last = Event(row), self.events.pop(row["key"], None)
            if not event.is_last:
                self.events[event.key] = event
            if last is None or last.id != event.id:
                for subscriber in self.subscribers:
                    subscriber.notify(event)


broadcaster = Broadcaster()


async def stream(
    key: str | None, first: QuerySet[Job, Row], last_id: str, ais_allowed: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """The stream for one client: the state of the `first` jobs, then all updates.

    It ends with the job that it follows, or when the client may no longer read.
    """
    subscriber, checked_at = Subscriber(key, last_id), time.monotonic()
    broadcaster.subscribe(subscriber)  # before reading anything, so that no update is missed
    try:
        yield RETRY
        async for row in first:
            broadcaster.begin(subscriber, Event(row))
        while True:
            events = await subscriber.receive()
            if time.monotonic() - checked_at > CHECK_EVERY:
                if not await ais_allowed():
                    return
                checked_at = time.monotonic()
            yield b"".join(event.encoded for event in events) or b": still here\n\n"
            if any(event.is_last and event.key == key for event in events):
                return
    except (Error, PoolTimeout):  # the client comes back
        return
    finally:
        broadcaster.subscribers.discard(subscriber)
