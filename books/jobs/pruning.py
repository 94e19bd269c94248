"""Daily clean-up: old jobs with their files, unused uploads, dead workers, expired lookups, sessions and tokens."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.tasks import task

from books.jobs.run import current
from books.models import CachedLookup, Invitation, Job, JobFile, Token, Worker

KEPT = timedelta(days=30)  # a job that has ended, with its files; a token that expired or was revoked
UNUSED = timedelta(days=7)  # an upload that nobody has imported
BATCH = 20  # jobs whose files are deleted in one transaction


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
    """Delete a batch of these rows, but none that somebody has just resumed or used; how many."""
    pks = list(rows.select_for_update().values_list("pk", flat=True)[:BATCH])
    rows.model.objects.filter(pk__in=pks).delete()
    return len(pks)
