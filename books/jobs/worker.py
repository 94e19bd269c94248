"""The loop that works the queue: it claims due jobs, and runs each with a thread and a connection of its own."""

import asyncio
import logging
import math
import os
import secrets
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import Error, close_old_connections, connection, connections

from books.cache.sqlite import connect
from books.jobs.backend import notify
from books.jobs.pruning import KEPT_UP_EVERY, akeep_up
from books.jobs.run import HEARTBEAT, MAX_CONSECUTIVE_FAILURES, Run, StopReason
from books.models.job import Job, Status, Worker, over

# Seconds between two checks for something new. SQLite tells in 5 µs whether anybody has written; PostgreSQL is queried.
POLL = {"sqlite": 0.25, "postgresql": 0.5}
SEEN_EVERY = 5.0  # seconds between two signs of life
CLAIM_EVERY = 1.0  # seconds between two claims when nobody has written: time itself makes jobs due
STOP_WITHIN = 1.5  # seconds for tasks to come to a place where they can stop

GAVE_UP = (
    f"The process that ran it died {MAX_CONSECUTIVE_FAILURES} times at the same place: "
    "see the server's log, then retry."
)

log = logging.getLogger(__name__)


def new_owner() -> str:
    """A token that is never used again: it names the process and this one lease."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(8)}"


async def arun(run: Run) -> None:
    """Run a claimed job to its end."""
    if run.job.cancel_requested:
        await run.aend(over(Status.CANCELLED))
    elif run.job.consecutive_failures > MAX_CONSECUTIVE_FAILURES:
        await run.aend(over(Status.FAILED, GAVE_UP, run.job.traceback))
    else:
        log.info("%s: attempt %s begins", run.job, run.job.attempt)
        await run.aend(await arun_task(run))


async def arun_task(run: Run) -> dict[str, Any]:
    """Run the task. Its heartbeat has a thread of its own, so no batch delays it."""
    threads = ThreadPoolExecutor(1, "job")
    heartbeat = asyncio.create_task(aheartbeat(run))
    try:
        async with ThreadSensitiveContext(executor=threads):
            return await run.arun_task()
    finally:
        heartbeat.cancel()
        await asyncio.wrap_future(threads.submit(connections.close_all))
        threads.shutdown(wait=False)


async def aheartbeat(run: Run) -> None:
    while True:
        if reason := await run.aheartbeat():
            return run.stop(reason)
        await asyncio.sleep(HEARTBEAT)


async def arun_one(pk: int) -> None:
    """Run this job if it is due."""
    if job := await Job.objects.aclaim(new_owner(), only=pk):
        await arun(Run(job))


class Loop:
    """Claims jobs of these queues (none named: all), runs them in their kind's places, and ends after `stop`."""

    places = 4  # of each kind: whatever waits for long delays only jobs of its own kind

    def __init__(self, queues: Collection[str], poll: float | None = None) -> None:
        self.name = new_owner()
        self.poll = poll or POLL[connection.vendor]
        self.queues = queues
        self.is_stopping, self.woken = False, asyncio.Event()
        self.running: dict[asyncio.Task[None], Run] = {}
        self.watching: sqlite3.Connection | None = None
        self.seen_version: object = None

    def stop(self) -> None:
        self.is_stopping = True
        self.wake()

    def wake(self) -> None:
        """Look for due jobs at once."""
        self.woken.set()

    async def aserve(self) -> None:
        """Work until stopped."""
        seen = kept_up = claimed = -math.inf
        while not self.is_stopping:
            now = time.monotonic()
            try:
                if now - seen >= SEEN_EVERY:
                    await Worker.objects.asee(self.name)
                    seen = now
                if now - kept_up >= KEPT_UP_EVERY:
                    await akeep_up()
                    kept_up = now
                if self._has_news() or now - claimed >= CLAIM_EVERY:
                    claimed = now
                    if await self._one_may_be_due():
                        await self.aclaim()
                    else:
                        claimed = math.inf  # until somebody writes
            except (Error, sqlite3.Error) as error:
                log.warning("the database does not answer: %s", error)
                await sync_to_async(close_old_connections)()
                await self._pause(SEEN_EVERY)
            await self._pause(self.poll)

    async def aempty(self) -> None:
        """Work until nothing is due."""
        while not self.is_stopping and (await self.aclaim() or self.running):
            await self._pause(self.poll)

    async def aclaim(self) -> bool:
        """Start due jobs while there are free slots. Returns whether any were started."""
        began = False
        while job := await Job.objects.exclude(kind__in=self._full()).aclaim(new_owner(), self.queues):
            run, began = Run(job), True
            task = asyncio.create_task(arun(run))
            self.running[task] = run
            task.add_done_callback(self._ended)
        return began

    def _full(self) -> list[str]:
        """The kinds without a free place."""
        taken = Counter(run.job.kind for run in self.running.values())
        return [kind for kind, count in taken.items() if count >= self.places]

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self.running[task]
        self.seen_version = None  # there is room again
        self.wake()
        if not task.cancelled() and (error := task.exception()):
            log.error("a job's end could not be written; its lease will run out", exc_info=error)

    def _has_news(self) -> bool:
        """Whether anybody has written to SQLite since the last call; on PostgreSQL always."""
        if connection.vendor != "sqlite":
            return True
        self.watching = self.watching or connect(connection)
        version = self.watching.execute("PRAGMA data_version").fetchone()
        before, self.seen_version = self.seen_version, version
        return bool(version != before)

    async def _one_may_be_due(self) -> bool:
        """Whether a job is due, or will become due with time alone."""
        return connection.vendor != "sqlite" or await Job.objects.filter(due_at__isnull=False).aexists()

    async def _pause(self, seconds: float) -> None:
        """Wait until it is woken, for so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        if not self.is_stopping:
            self.woken.clear()

    async def aclose(self) -> None:
        """End all tasks and hand their jobs back; end the process too if the thread of one still runs."""
        if self.watching:
            self.watching.close()
        stuck = dict(self.running)
        for run in stuck.values():
            run.stop(StopReason.STOPPING)
        if stuck:
            await asyncio.wait(stuck, timeout=STOP_WITHIN)
        with suppress(Error):  # then the leases run out instead
            for task, run in stuck.items():
                if not task.done():
                    await run.aend(run.stopped())  # whatever the task still does, it no longer owns the job
                await run.job.arefresh_from_db()
                if run.job.status == Status.QUEUED:
                    await sync_to_async(notify)(run.job)  # others go on with it
            await Worker.objects.filter(name=self.name).adelete()
        if not all(task.done() for task in stuck):
            logging.shutdown()
            os._exit(0)
