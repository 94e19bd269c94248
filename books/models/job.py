"""A job: work that outlives the request that started it. Its row is the only source of truth.

The guarantee is at least once: a started job runs until it ends, even if processes die. The worker that runs it holds
a lease and renews it; once the lease has expired, any worker may claim the job and resume at its checkpoint. A task's
writes are committed together with its checkpoint, in a transaction that fails if the job has another owner by then: a
step may be tried several times, but counts once.

Leases are compared by the database's clock, so the clocks of the hosts may differ.
"""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connections, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Now
from django.urls import reverse

from books.models.change import Channel
from books.search.pagination import Ordering, PagedQuerySet

KEY = "[A-Za-z0-9_-]{1,64}"
LEASE = timedelta(seconds=10)
UNSEEN = timedelta(seconds=15)  # after that a worker counts as gone


class Status(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (Status.QUEUED, Status.RUNNING)


def over(status: Status, error: str = "", traceback: str = "") -> dict[str, Any]:
    """The columns of a job that has ended."""
    ended = {"status": status, "due_at": None, "owner": "", "finished_at": Now()}
    return {**ended, "error": error, "traceback": traceback}


class JobQuerySet(PagedQuerySet["Job"]):
    ORDERINGS = {"-added": Ordering("-added", ("id",), descending=True)}
    TOLD = ("message", "attempt", "created_at", "started_at", "finished_at", "result", "error")
    ENTRY = ("key", "kind", "status", "cancel_requested", "done", "total", *TOLD)

    def active(self) -> "JobQuerySet":
        return self.filter(status__in=ACTIVE)

    def leased(self) -> "JobQuerySet":
        """Those that a worker is running."""
        return self.filter(status=Status.RUNNING, due_at__gt=Now())

    def due(self, queues: Collection[str] = ()) -> "JobQuerySet":
        """Those that may be claimed now, most urgent first, in these queues (none named: all)."""
        found = self.filter(due_at__lte=Now()).order_by("-priority", "due_at", "id")
        return found.filter(queue__in=queues) if queues else found

    async def aclaim(self, owner: str, queues: Collection[str] = (), only: int | None = None) -> "Job | None":
        """Claim the most urgent due job, or the one with the id `only` if it is due.

        A conditional UPDATE makes sure that only one of several claimers gets it.
        """
        due = self.due(queues) if only is None else self.due().filter(pk=only)
        async for pk in due.values_list("pk", flat=True)[:8]:
            taken = await self.filter(pk=pk, due_at__lte=Now()).aupdate(
                status=Status.RUNNING,
                owner=owner,
                error="",
                due_at=Now() + LEASE,
                attempt=F("attempt") + 1,
                consecutive_failures=F("consecutive_failures") + 1,
                started_at=Coalesce("started_at", Now()),
            )
            if taken:
                return await self.aget(pk=pk)
        return None

    async def afollow_clock(self) -> None:
        """After the clock was set back: let no lease and no queued job wait until it shows the old time again."""
        is_retry = ~Q(error="")  # due soon after the failure
        from_before = Q(status=Status.RUNNING) | Q(created_at__gt=Now()) | is_retry
        await self.active().filter(from_before, due_at__gt=Now() + LEASE).aupdate(due_at=Now() + LEASE)

    async def acancel(self, key: str) -> bool:
        """Cancel a job. A queued one ends now, a running one soon. False if it has already ended."""
        queued = Q(status=Status.QUEUED)
        return bool(
            await self.active()
            .filter(key=key)
            .aupdate(
                cancel_requested=True,
                status=Case(When(queued, then=Value(Status.CANCELLED)), default=F("status")),
                finished_at=Case(When(queued, then=Now()), default=None),
                due_at=Case(When(queued, then=None), default=F("due_at")),
            )
        )


class Job(models.Model):
    key = models.CharField(
        max_length=64, unique=True, default=secrets.token_urlsafe
    )  # in its URL; the client may choose it
    kind = models.CharField(max_length=50)
    task = models.CharField(max_length=200)  # the path of its function
    arguments = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, default="")  # of the request, to recognise a repeated one
    queue = models.CharField(max_length=50)
    priority = models.SmallIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="jobs")
    via = models.CharField(max_length=10, choices=Channel, default=Channel.COMMAND)

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    # When it may be claimed: the start of a queued job, the end of a running job's lease. NULL: the job has ended.
    due_at = models.DateTimeField(null=True, db_default=Now(), db_index=True)
    owner = models.CharField(max_length=120, default="")  # a token for this one run, never used again
    attempt = models.PositiveIntegerField(default=0)  # how often it was started, without those that handed it back
    consecutive_failures = models.PositiveIntegerField(default=0)  # attempts since its last checkpoint
    cancel_requested = models.BooleanField(default=False)

    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True)
    message = models.CharField(max_length=200, default="")
    log = models.JSONField(default=list)  # the last messages
    checkpoint = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error = models.TextField(default="")  # a sentence for people
    traceback = models.TextField(default="")

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, db_index=True)

    objects = JobQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    def get_absolute_url(self) -> str:
        return reverse("job_detail", args=[self.key])


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> "WorkerQuerySet":
        return self.filter(seen_at__gt=Now() - UNSEEN)

    async def asee(self, name: str) -> None:
        if not await self.filter(name=name).aupdate(seen_at=Now()):
            await self.aupdate_or_create(name=name, defaults={"seen_at": Now()})


class Worker(models.Model):
    """A process that runs jobs."""

    name = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


def counts() -> dict[str, float]:
    """The figures on jobs for a monitor. Called outside requests, in a thread whose connection is then closed."""
    try:
        found = dict(Job.objects.active().values_list("status").annotate(jobs=models.Count("pk")).order_by())
        return {
            "jobs_queued": found.get(Status.QUEUED, 0),
            "jobs_running": found.get(Status.RUNNING, 0),
            "job_workers": Worker.objects.alive().count(),
        }
    except Error:
        return {}
    finally:
        connections.close_all()
