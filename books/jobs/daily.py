"""What a worker does by itself, besides running jobs."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from books.jobs.backend import AnyTask
from books.jobs.pruning import prune
from books.jobs.start import astart
from books.jobs.tasks.backup import backup
from books.models import Job

KEPT_UP_EVERY = 60.0  # seconds
PRUNE, BACKUP = PREFIXES = "prune-", "daily-backup-"  # keys that no client may choose


async def akeep_up() -> None:
    """Every worker does this every KEPT_UP_EVERY seconds."""
    await Job.objects.afollow_clock()
    await astart_todays_jobs()


async def astart_todays_jobs() -> None:
    """By jobs whose key is the day: once for any number of workers."""
    today = f"{timezone.now():%Y-%m-%d}"
    wanted: dict[str, tuple[AnyTask, dict[str, Any]]] = {f"{PRUNE}{today}": (prune, {})}
    if settings.BACKUPS:
        wanted[f"{BACKUP}{today}"] = backup, {"daily": True}
    there = {key async for key in Job.objects.filter(key__in=wanted).values_list("key", flat=True)}
    for key in wanted.keys() - there:
        await astart(*wanted[key], key=key)
