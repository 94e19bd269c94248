"""One run of a job by one worker: what its body is given, and how it ends in the job's row.

Every write names the owner: a worker that was frozen beyond its lease, or cut off, finds that its job is another's by
now, and writes nothing.
"""

import asyncio
import logging
import time
import traceback
from collections import deque
from contextvars import ContextVar
from datetime import timedelta
from enum import StrEnum
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections, connection
from django.db.models.functions import Now
from django.tasks import TaskContext
from django.utils import timezone
from django.utils.module_loading import import_string

from books.jobs.backend import AnyTask, result_of
from books.models.job import LEASE, Job, Status, over
from books.models.job_file import JobFile

BEAT = 0.5  # seconds between two looks at whether the job is still ours and still wanted
RENEWED_AFTER = LEASE.total_seconds() / 3
GIVEN_UP_AFTER = LEASE.total_seconds() * 0.8  # without a word from the database: soon another may take over
MAX_CONSECUTIVE_FAILURES = 3
LOG_LINES, LINE = 20, 200

# PostgreSQL ends the transaction of a body that says no more, and so frees what it has locked: one that was frozen, or
# whose host was cut off, must not hold up who takes its job over.
END_IF_SILENT = {
    "idle_in_transaction_session_timeout": f"{LEASE.total_seconds():.0f}s",
    "tcp_keepalives_idle": "4s",
    "tcp_keepalives_interval": "2s",
    "tcp_keepalives_count": "3",
}

log = logging.getLogger(__name__)
_current: ContextVar["Run"] = ContextVar("run")


def current() -> "Run":
    """The run whose body calls this."""
    return _current.get()


class Why(StrEnum):
    CANCELLED = "somebody cancelled it"
    STOPPING = "the worker stops"
    LOST = "the lease ran out, and another worker may have it"


def end_if_silent() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name, value in END_IF_SILENT.items():
                cursor.execute("SELECT set_config(%s, %s, false)", [name, value])


class JobAborted(Exception):
    """The body is to end here; what it has kept stays."""


class PermanentError(Exception):
    """The job cannot succeed, however often it is tried. The message tells people why, and what to do."""


class Run:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.checkpoint: dict[str, Any] = job.checkpoint
        self.why: Why | None = None
        self.consecutive_failures = job.consecutive_failures
        self.told: dict[str, Any] = {}
        self.log = deque(job.log, LOG_LINES)
        self.renewed = time.monotonic()
        self.cancellable: asyncio.Task[Any] | None = None  # the body if it is async; a thread cannot be cancelled
        self.mine = Job.objects.filter(pk=job.pk, owner=job.owner, status=Status.RUNNING)

    # For bodies ----------------------------------------------------------------

    def check(self) -> None:
        """Raise JobAborted if the body is to end. To be called between batches, about every second."""
        if self.why:
            raise JobAborted(self.why)

    def tell(self, message: str, **progress: Any) -> None:
        """Say how far it is: done, total, checkpoint. The next beat writes it, for bodies that write nothing else."""
        self.told = self.told | self._written(message, progress)

    def keep(self, message: str, checkpoint: dict[str, Any], **progress: int) -> None:
        """Save the checkpoint, done and total, within the caller's transaction. Raises JobAborted if it is lost."""
        self.consecutive_failures = 1 if checkpoint else self.consecutive_failures
        renewal = {"due_at": Now() + LEASE, "checkpoint": checkpoint, "consecutive_failures": self.consecutive_failures}
        if not self.mine.update(**self._written(message, progress), **renewal):
            self.why = Why.LOST
            raise JobAborted(self.why)
        self.renewed = time.monotonic()

    def write(self, name: str, data: bytes, header: bytes = b"") -> None:
        """Add to a result file, after a header if it is new, within the transaction of the checkpoint."""
        file, is_new = JobFile.objects.get_or_create(job=self.job, name=name)
        file.append(header + data if is_new else data)

    def _written(self, message: str, progress: dict[str, Any]) -> dict[str, Any]:
        line = f"{timezone.now():%H:%M:%S} {message}"[:LINE]
        if not self.log or self.log[-1].partition(" ")[2] != line.partition(" ")[2]:
            self.log.append(line)
        return {**progress, "message": message[:LINE], "log": list(self.log)}

    # For workers ---------------------------------------------------------------

    async def abeat(self) -> Why | None:
        """Renew the lease, write what was told, and learn whether the body is to end."""
        told, began = self.told, time.monotonic()
        try:
            cancelled = await self.mine.values_list("cancel_requested", flat=True).afirst()
            if cancelled is not None and (told or began - self.renewed > RENEWED_AFTER):
                cancelled = cancelled if await self.mine.aupdate(due_at=Now() + LEASE, **told) else None
                self.renewed, self.told = began, self.told if self.told is not told else {}
        except Error as error:
            log.warning("%s: the database does not answer: %s", self.job, error)
            await sync_to_async(close_old_connections)()
            return Why.LOST if time.monotonic() - self.renewed > GIVEN_UP_AFTER else None
        if cancelled is None:
            return Why.LOST
        return Why.CANCELLED if cancelled else None

    async def aend(self, outcome: dict[str, Any]) -> None:
        """Write how it ended; where the database is away, for as long as the lease lasts."""
        while outcome:
            try:
                if not await self.mine.aupdate(**self.told, **outcome):
                    log.warning("%s: another worker has it: nothing is written", self.job)
                break
            except Error as error:
                if self.why is Why.STOPPING or time.monotonic() - self.renewed > LEASE.total_seconds():
                    raise
                log.warning("%s: its end is not written yet: %s", self.job, error)
            await sync_to_async(close_old_connections)()
            await asyncio.sleep(1)
        log.info("%s: attempt %s ended: %s", self.job, self.job.attempt, outcome.get("status", self.why))

    def stopped(self) -> dict[str, Any]:
        """The columns of a job whose body was told to end. Handing it back uses no attempt."""
        if self.why is Why.CANCELLED:
            return over(Status.CANCELLED)
        if self.why is Why.LOST:
            return {}
        back = {"attempt": self.job.attempt - 1, "consecutive_failures": self.consecutive_failures - 1}
        return {"status": Status.QUEUED, "owner": "", "due_at": Now(), **back}

    def failed(self, error: Exception) -> dict[str, Any]:
        """The columns of a job whose body raised: tried again later, unless that was the last time."""
        lines = "".join(traceback.format_exception(error))
        if isinstance(error, PermanentError):
            return over(Status.FAILED, str(error), lines)
        reason = f"It stopped with an error ({type(error).__name__}: {' '.join(str(error).split())[:LINE]})"
        if self.consecutive_failures >= MAX_CONSECUTIVE_FAILURES:
            return over(Status.FAILED, f"{reason}, {MAX_CONSECUTIVE_FAILURES} times at the same place.", lines)
        wait = timedelta(seconds=2**self.consecutive_failures)
        again = {"status": Status.QUEUED, "owner": "", "due_at": Now() + wait, "traceback": lines}
        return {**again, "error": f"{reason}. It is tried again in {wait.seconds} seconds."}

    def stop(self, why: Why) -> None:
        """Tell the body to end."""
        self.why = self.why or why
        if self.cancellable:
            self.cancellable.cancel()

    async def aoutcome(self) -> dict[str, Any]:
        """Run the body, and give the columns that tell how it ended."""
        try:
            result = await self._abody()
        except (JobAborted, asyncio.CancelledError):
            return self.stopped()
        except Exception as error:  # noqa: BLE001 - the job's boundary: whatever it was stands in its row
            return self.failed(error)
        return {**over(Status.SUCCEEDED), "result": result}

    async def _abody(self) -> Any:
        _current.set(self)
        task: AnyTask = import_string(self.job.task)
        await sync_to_async(end_if_silent)()
        if not self.checkpoint:  # then what an earlier attempt has written does not count
            await self.job.files.filter(digest="").adelete()
        context: list[Any] = [TaskContext(task_result=result_of(self.job))] if task.takes_context else []
        self.check()  # it may have been told to end before there was anything that can be cancelled
        body = asyncio.create_task(task.acall(*context, **self.job.arguments))
        self.cancellable = body if iscoroutinefunction(task.func) else None
        return await body
