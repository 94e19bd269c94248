"""One run of a job by one worker: what the task can call, and how its end is written to the job's row.

Every write names the owner, so a worker without its lease writes nothing: see books.jobs for the guarantee.
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
from django.db import Error, close_old_connections, connection, transaction
from django.db.models import Case, When
from django.db.models.functions import Now
from django.tasks import TaskContext
from django.utils import timezone
from django.utils.module_loading import import_string

from books.jobs.backend import AnyTask, result_of
from books.models import JobFile
from books.models.job import LEASE, Job, Status, over

HEARTBEAT = 0.5  # seconds between two checks that the job is still ours and not cancelled
RENEWED_AFTER = LEASE.total_seconds() / 3
GIVEN_UP_AFTER = LEASE.total_seconds() * 0.8  # without the database, as another worker may soon take over
MAX_CONSECUTIVE_FAILURES = 3
LOG_LINES, LINE_LENGTH = 20, 200

# PostgreSQL ends the transaction of a frozen or disconnected worker, so that its locks do not delay the next owner.
SESSION_SETTINGS = {
    "idle_in_transaction_session_timeout": f"{LEASE.total_seconds():.0f}s",
    "tcp_keepalives_idle": "4s",
    "tcp_keepalives_interval": "2s",
    "tcp_keepalives_count": "3",
}

log = logging.getLogger(__name__)
_current: ContextVar["Run"] = ContextVar("run")


def current() -> "Run":
    """The run of the calling task."""
    return _current.get()


class StopReason(StrEnum):
    CANCELLED = "somebody cancelled it"
    STOPPING = "the worker stops"
    LOST = "the lease ran out, and another worker may have it"


class JobAborted(Exception):
    """The task must end now. What it has saved stays."""


class Postponed(Exception):
    """The task has to wait. Its job is handed back, makes room for others, and continues later."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.wait = timedelta(seconds=seconds)


class PermanentError(Exception):
    """The job can never succeed. The message says why, and what to do."""


class Run:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.checkpoint: dict[str, Any] = job.checkpoint  # at the start of this run
        self.stop_reason: StopReason | None = None
        self.unsaved: dict[str, Any] = {}  # columns for the next heartbeat to save
        self.progress: dict[str, Any] = {"consecutive_failures": job.consecutive_failures}  # reported or committed
        self.log = deque(job.log, LOG_LINES)
        self.renewed = time.monotonic()
        self.cancellable: asyncio.Task[Any] | None = None  # the task if it is async; a thread cannot be cancelled
        self.mine = Job.objects.filter(pk=job.pk, owner=job.owner, status=Status.RUNNING)

    def check(self) -> None:
        """Raise JobAborted if the task must end. Call it between batches, about once a second."""
        if self.stop_reason:
            raise JobAborted(self.stop_reason)

    def report_progress(self, message: str, *, checkpoint: dict[str, Any] | None = None, **counts: int) -> None:
        """Report progress (done, total); the next heartbeat saves it. For tasks that write nothing themselves."""
        self.unsaved = self.unsaved | self._columns(message, checkpoint, counts)
        self.progress = self.progress | self.unsaved

    def save_checkpoint(self, message: str, checkpoint: dict[str, Any], **counts: int) -> None:
        """Save the checkpoint, done and total in the caller's transaction. Raises JobAborted if the job is lost."""
        columns = self._columns(message, checkpoint, counts)
        if not self.mine.update(due_at=Now() + LEASE, **columns):
            self.stop_reason = StopReason.LOST
            raise JobAborted(self.stop_reason)
        self.renewed, self.unsaved = time.monotonic(), {}  # earlier reports are out of date
        transaction.on_commit(lambda: self.progress.update(columns))

    def append_to_file(self, name: str, data: bytes, header: bytes = b"") -> None:
        """Append to a result file, in the transaction of the checkpoint. A new file starts with the header."""
        file, is_new = JobFile.objects.get_or_create(job=self.job, name=name)
        file.append(header + data if is_new else data)

    def _columns(self, message: str, checkpoint: dict[str, Any] | None, counts: dict[str, int]) -> dict[str, Any]:
        line = f"{timezone.now():%H:%M:%S} {message}"[:LINE_LENGTH]
        if not self.log or self.log[-1].partition(" ")[2] != line.partition(" ")[2]:
            self.log.append(line)
        columns: dict[str, Any] = {**counts, "message": message[:LINE_LENGTH], "log": list(self.log)}
        if checkpoint is not None:
            columns["checkpoint"] = checkpoint
        if checkpoint and checkpoint != self.checkpoint:  # after progress, earlier failures no longer count
            columns["consecutive_failures"] = 1
        return columns

    async def aheartbeat(self) -> StopReason | None:
        """Renew the lease and save reports. If the task must end, return why."""
        unsaved, began = self.unsaved, time.monotonic()
        try:
            cancelled = await self.mine.values_list("cancel_requested", flat=True).afirst()
            if cancelled is not None and (unsaved or began - self.renewed > RENEWED_AFTER):
                cancelled = cancelled if await self.mine.aupdate(due_at=Now() + LEASE, **unsaved) else None
                self.renewed, self.unsaved = began, self.unsaved if self.unsaved is not unsaved else {}
        except Error as error:
            log.warning("%s: the database does not answer: %s", self.job, error)
            await sync_to_async(close_old_connections)()
            return StopReason.LOST if time.monotonic() - self.renewed > GIVEN_UP_AFTER else None
        if cancelled is None:
            return StopReason.LOST
        return StopReason.CANCELLED if cancelled else None

    async def aend(self, columns: dict[str, Any]) -> None:
        """Write how the job ended. If the database is away, retry while the lease lasts."""
        while columns:
            try:
                # The whole progress: a heartbeat may have overwritten what was saved during its query.
                if not await self.mine.aupdate(**{**self.progress, **columns}):
                    log.warning("%s: another worker has it: nothing is written", self.job)
                break
            except Error as error:
                if self.stop_reason is StopReason.STOPPING or time.monotonic() - self.renewed > LEASE.total_seconds():
                    raise
                log.warning("%s: its end is not written yet: %s", self.job, error)
            await sync_to_async(close_old_connections)()
            await asyncio.sleep(1)
        log.info("%s: attempt %s ended: %s", self.job, self.job.attempt, columns.get("status", self.stop_reason))

    def stop(self, reason: StopReason) -> None:
        """Tell the task to end."""
        self.stop_reason = self.stop_reason or reason
        if self.cancellable:
            self.cancellable.cancel()

    async def arun_task(self) -> dict[str, Any]:
        """Run the task. Returns the columns that say how the job ended."""
        try:
            result = await self._acall_task()
        except (JobAborted, asyncio.CancelledError):
            return self.stopped()
        except Postponed as postponed:
            return self._handed_back(postponed.wait)
        except Exception as error:  # noqa: BLE001 - the job's boundary: the error is recorded in its row
            return self._failed(error)
        return {**over(Status.SUCCEEDED), "result": result}

    async def _acall_task(self) -> Any:
        _current.set(self)
        task: AnyTask = import_string(self.job.task)
        await sync_to_async(limit_silence)()
        if not self.checkpoint:  # so the results of an earlier attempt do not count
            await self.job.files.filter(digest="").adelete()
        context: list[Any] = [TaskContext(task_result=result_of(self.job))] if task.takes_context else []
        self.check()  # it may have been stopped before it could be cancelled
        call = asyncio.create_task(task.acall(*context, **self.job.arguments))
        self.cancellable = call if iscoroutinefunction(task.func) else None
        return await call

    def stopped(self) -> dict[str, Any]:
        """The columns of a job whose task was stopped."""
        if self.stop_reason is StopReason.CANCELLED:
            return over(Status.CANCELLED)
        if self.stop_reason is StopReason.LOST:
            return {}
        return self._handed_back(timedelta())

    def _handed_back(self, wait: timedelta) -> dict[str, Any]:
        """The columns of a job that continues later. It loses no attempt, and a cancelled one does not wait."""
        due_at = Case(When(cancel_requested=True, then=Now()), default=Now() + wait)
        counts = {"attempt": self.job.attempt - 1, "consecutive_failures": self.progress["consecutive_failures"] - 1}
        return {"status": Status.QUEUED, "owner": "", "due_at": due_at, **counts}

    def _failed(self, error: Exception) -> dict[str, Any]:
        """The columns of a job whose task failed. It is retried later, unless this was the last attempt."""
        lines = "".join(traceback.format_exception(error))
        if isinstance(error, PermanentError):
            return over(Status.FAILED, str(error), lines)
        reason = f"It stopped with an error ({type(error).__name__}: {' '.join(str(error).split())[:LINE_LENGTH]})"
        if (failures := self.progress["consecutive_failures"]) >= MAX_CONSECUTIVE_FAILURES:
            return over(Status.FAILED, f"{reason}, {MAX_CONSECUTIVE_FAILURES} times at the same place.", lines)
        wait = timedelta(seconds=2**failures)
        again = {"status": Status.QUEUED, "owner": "", "due_at": Now() + wait, "traceback": lines}
        return {**again, "error": f"{reason}. It is tried again in {wait.seconds} seconds."}


def limit_silence() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name, value in SESSION_SETTINGS.items():
                cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
