"""Jobs as they go, told to all who watch them: one query for a whole process, however many watch.

A process asks the database only while somebody watches. What is told is a job's state as a whole, so a watcher that
missed some, or that is slow, goes on from the latest; the id of an event is a digest of that state, on every worker
the same, by which a watcher that comes back tells what it has seen.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextvars import Context
from typing import Any

from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections
from django.db.models import Q, QuerySet

from books.models import Job
from books.models.job import ACTIVE
from books.web import serializers
from books.web.negotiation import as_json

LOOK_EVERY = 0.25  # seconds
BEAT_EVERY = 15.0  # seconds without an event after which a comment says that the stream lives
RETRY = b"retry: 1000\n\n"  # milliseconds after which a browser comes back

Row = dict[str, Any]


class Event:
    """The state of one job at one moment."""

    def __init__(self, row: Row) -> None:
        data = as_json(serializers.job(row))
        self.key: str = row["key"]
        self.id = f"{zlib.crc32(data):08x}"
        self.is_last = row["status"] not in ACTIVE
        self.written = b"event: job\nid: %s\ndata: %s\n" % (self.id.encode(), data)  # data ends with a newline


class Watcher:
    """What one client has still to be told: the latest event of each job it watches; no key means all jobs.

    `seen` is the id of the last event that the client had before: it is not told again, unless it tells of an end.
    """

    def __init__(self, key: str | None, seen: str = "") -> None:
        self.key, self.seen = key, seen
        self.untold: dict[str, Event] = {}
        self.known: dict[str, str] = {}  # the id of the last event of each job
        self.is_told = asyncio.Event()

    def tell(self, event: Event) -> None:
        if self.key not in {None, event.key} or self.known.get(event.key) == event.id:
            return
        is_new = event.key in self.known or event.id != self.seen or event.is_last
        self.known[event.key] = event.id
        if is_new:
            self.untold[event.key] = event
            self.is_told.set()

    async def next(self) -> list[Event]:
        """What is new; nothing if nothing is for BEAT_EVERY seconds."""
        try:
            async with asyncio.timeout(BEAT_EVERY):
                await self.is_told.wait()
        except TimeoutError:
            return []
        self.is_told.clear()
        told, self.untold = self.untold, {}
        return list(told.values())


class Watch:
    """The watchers of this process, and the task that looks for what is new for them."""

    def __init__(self) -> None:
        self.watchers: set[Watcher] = set()
        self.events: dict[str, Event] = {}  # the last of each job that was active
        self.newest: int | None = None  # the last job that was seen: a later one may be over before it is looked for
        self.task: asyncio.Task[None] | None = None

    def add(self, watcher: Watcher) -> None:
        self.watchers.add(watcher)
        if self.task is None or self.task.done():
            # A context of its own: the task outlives the request that starts it, and the thread lent to that.
            self.task = asyncio.get_running_loop().create_task(self._look(), context=Context())

    def begin(self, watcher: Watcher, event: Event) -> None:
        """Tell a watcher the state that its stream begins with, unless a look has told a later one meanwhile."""
        if not event.is_last:
            self.events.setdefault(event.key, event)  # so that its end is looked for, though it came before any look
        if event.key not in watcher.known:
            watcher.tell(event)

    async def _look(self) -> None:
        while self.watchers:
            try:
                await self._look_once()
            except Error:  # the database will be back, and the watchers are still here
                await sync_to_async(close_old_connections)()
            await asyncio.sleep(LOOK_EVERY)
        self.events, self.newest = {}, None

    async def _look_once(self) -> None:
        if self.newest is None:
            self.newest = await Job.objects.order_by("-pk").values_list("pk", flat=True).afirst() or 0
        watched = {watcher.key for watcher in self.watchers if watcher.key}
        asked = Q(status__in=ACTIVE) | Q(key__in=watched | self.events.keys()) | Q(pk__gt=self.newest)
        rows = Job.objects.filter(asked).order_by("pk")
        async for row in rows.values("pk", *Job.objects.all().ENTRY):
            self.newest = max(self.newest, row["pk"])
            event, last = Event(row), self.events.pop(row["key"], None)
            if not event.is_last:
                self.events[event.key] = event
            if last is None or last.id != event.id:
                for watcher in self.watchers:
                    watcher.tell(event)


watch = Watch()


async def events(key: str | None, first: QuerySet[Job, Row], seen: str) -> AsyncIterator[bytes]:
    """The stream for one client: the state of the `first` jobs, then what is new. Ends with the job that is watched."""
    watcher = Watcher(key, seen)
    watch.add(watcher)  # before anything is read: so nothing is missed in between
    try:
        yield RETRY
        async for row in first:
            watch.begin(watcher, Event(row))
        while True:
            told = await watcher.next()
            yield b"".join(event.written for event in told) or b": still here\n\n"
            if any(event.is_last and event.key == key for event in told):
                return
    finally:
        watch.watchers.discard(watcher)
