"""The loop that claims due jobs and runs each in its own thread, with its own connection."""

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

# Seconds between two checks for new jobs. SQLite says in 5 µs whether anybody has written; PostgreSQL needs a query.
POLL = {"sqlite": 0.25, "postgresql": 0.5}
SEEN_EVERY = 5.0  # seconds between two signs of life
CLAIM_EVERY = 1.0  # seconds between two claims when nobody has written, as jobs also become due with time
STOP_WITHIN = 1.5  # seconds for tasks to reach a point where they can stop

GAVE_UP = (
    f"The process that ran it died {MAX_CONSECUTIVE_FAILURES} times at the same place: "
    "see the server's log, then retry."
)

log = logging.getLogger(__name__)


def new_owner() -> str:
    """A token for one lease of this process, never used again."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(8)}"


async def arun(run: Run) -> None:
    """Run a claimed job until it ends."""
    if run.job.cancel_requested:
        await run.aend(over(Status.CANCELLED))
    elif run.job.consecutive_failures > MAX_CONSECUTIVE_FAILURES:
        await run.aend(over(Status.FAILED, GAVE_UP, run.job.traceback))
    else:
        log.info("%s: attempt %s begins", run.job, run.job.attempt)
        await run.aend(await arun_task(run))


async def arun_task(run: Run) -> dict[str, Any]:
    """Run the task. Its heartbeat has its own thread, so that no batch delays it."""
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
    """Claims and runs jobs of these queues (none named: all), a limited number of each kind, until `stop`."""

    places = 4  # by kind, so that slow jobs only delay jobs of their own kind

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
                    # Whether a job is due, or will become due with time alone.
                    if connection.vendor != "sqlite" or await Job.objects.filter(due_at__isnull=False).aexists():
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
        """The kinds without a free slot."""
        taken = Counter(run.job.kind for run in self.running.values())
        return [kind for kind, count in taken.items() if count >= self.places]

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self.running[task]
        self.seen_version = None  # there is a free slot again
        self.wake()
        if not task.cancelled() and (error := task.exception()):
            log.error("a job's end could not be written; its lease will run out", exc_info=error)

    def _has_news(self) -> bool:
        """Whether anybody has written to SQLite since the last call. Always true on PostgreSQL."""
        if connection.vendor != "sqlite":
            return True
        self.watching = self.watching or connect(connection)
        version = self.watching.execute("PRAGMA data_version").fetchone()
        before, self.seen_version = self.seen_version, version
        return bool(version != before)

    async def _pause(self, seconds: float) -> None:
        """Wait to be woken, up to a number of seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        if not self.is_stopping:
            self.woken.clear()

    async def aclose(self) -> None:
        """End all tasks and hand their jobs back. If a thread still runs, end the process too."""
        if self.watching:
            self.watching.close()
        stuck = dict(self.running)
        for run in stuck.values():
            run.stop(StopReason.STOPPING)
        if stuck:
            await asyncio.wait(stuck, timeout=STOP_WITHIN)
        with suppress(Error):  # then their leases expire
            for task, run in stuck.items():
                if not task.done():
                    await run.aend(run.stopped())  # the task no longer owns the job, whatever it still does
                await run.job.arefresh_from_db()
                if run.job.status == Status.QUEUED:
                    await sync_to_async(notify)(run.job)  # other workers continue it
            await Worker.objects.filter(name=self.name).adelete()
        if not all(task.done() for task in stuck):
            logging.shutdown()
            os._exit(0)
