"""A worker's own tasks besides running jobs: a daily backup and a daily clean-up.

The clean-up deletes old jobs with their files, unused uploads, dead workers, expired lookups, sessions and tokens.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.tasks import task
from django.utils import timezone

from books.jobs.backend import AnyTask
from books.jobs.run import current
from books.jobs.start import astart
from books.jobs.tasks.backup import backup
from books.models import CachedLookup, Invitation, Job, JobFile, Token, Worker

KEPT_UP_EVERY = 60.0  # seconds
PRUNE, BACKUP = PREFIXES = "prune-", "daily-backup-"  # keys that no client can choose
KEPT = timedelta(days=30)  # for finished jobs and their files, and for expired and revoked tokens
UNUSED = timedelta(days=7)  # for uploads that nobody has imported
BATCH = 20  # jobs per transaction, as they are deleted with their files


@task(priority=-50)
def prune() -> dict[str, int]:
    run, pruned, old = current(), 0, Job.objects.filter(finished_at__lt=Now() - KEPT)
    while old.exists():
        run.check()
        with transaction.atomic():
            pruned += delete_locked(old)
            run.save_checkpoint(f"{pruned} old jobs deleted", {}, done=pruned)
    unused = JobFile.objects.filter(job=None, created_at__lt=Now() - UNUSED)
    while unused.exists():
        with transaction.atomic():
            delete_locked(unused)
    CachedLookup.objects.exclude(pk__in=CachedLookup.objects.fresh().values("pk")).delete()
    Worker.objects.exclude(pk__in=Worker.objects.alive().values("pk")).delete()
    SessionStore.clear_expired()
    Token.objects.filter(Q(expires_at__lt=Now() - KEPT) | Q(revoked_at__lt=Now() - KEPT)).delete()
    Invitation.objects.exclude(pk__in=Invitation.objects.open().values("pk")).delete()
    return {"pruned": pruned}


def delete_locked(rows: "QuerySet[Any]") -> int:
    """Delete a batch of these rows, except those that somebody has just resumed or used. Returns their number."""
    pks = list(rows.select_for_update().values_list("pk", flat=True)[:BATCH])
    rows.model.objects.filter(pk__in=pks).delete()
    return len(pks)


async def akeep_up() -> None:
    """Run by every worker every KEPT_UP_EVERY seconds."""
    await Job.objects.afollow_clock()
    await astart_todays_jobs()


async def astart_todays_jobs() -> None:
    """Start them with the day as key, so that many workers start them once."""
    today = f"{timezone.now():%Y-%m-%d}"
    wanted: dict[str, tuple[AnyTask, dict[str, Any]]] = {f"{PRUNE}{today}": (prune, {})}
    if settings.BACKUPS:
        wanted[f"{BACKUP}{today}"] = backup, {"daily": True}
    there = {key async for key in Job.objects.filter(key__in=wanted).values_list("key", flat=True)}
    for key in wanted.keys() - there:
        await astart(*wanted[key], key=key)
