"""What is done at set times, by whichever worker is the first to think of it."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.tasks import task
from django.utils import timezone

from books.jobs.run import current
from books.jobs.start import astart
from books.models.job import Job, Worker
from books.models.job_file import JobFile
from books.models.lookup import CachedLookup

KEPT = timedelta(days=30)  # an ended job and its files
UNTAKEN = timedelta(days=1)  # an upload for which no job was started
AT_ONCE = 20  # jobs whose files go in one transaction


@task(priority=-50)
def prune() -> dict[str, int]:
    """Delete what is old."""
    run, pruned = current(), 0
    while old := list(Job.objects.filter(finished_at__lt=Now() - KEPT).values_list("pk", flat=True)[:AT_ONCE]):
        run.check()
        with transaction.atomic():
            Job.objects.filter(pk__in=old).delete()
            pruned += len(old)
            run.keep(f"{pruned} old jobs deleted", {}, done=pruned)
    JobFile.objects.filter(job=None, created_at__lt=Now() - UNTAKEN).delete()
    CachedLookup.objects.exclude(pk__in=CachedLookup.objects.fresh().values("pk")).delete()
    Worker.objects.exclude(Q(pk__in=Worker.objects.alive().values("pk"))).delete()
    return {"pruned": pruned}


async def astart_periodic() -> None:
    """Start today's pruning, once however many workers there are: its key is the day."""
    key = f"prune-{timezone.now():%Y-%m-%d}"
    if not await Job.objects.filter(key=key).aexists():
        await astart(prune, {}, key=key)
