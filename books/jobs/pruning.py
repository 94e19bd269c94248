"""Daily clean-up: old jobs with their files, unused uploads, dead workers, expired lookups, sessions and tokens."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.tasks import task

from books.jobs.run import current
from books.models.invitation import Invitation
from books.models.job import Job, Worker
from books.models.job_file import JobFile
from books.models.lookup import CachedLookup
from books.models.token import Token

KEPT = timedelta(days=30)  # a job that has ended, with its files; a token that expired or was revoked
UNUSED = timedelta(days=7)  # an upload that nobody has imported
BATCH = 20  # jobs whose files are deleted in one transaction


@task(priority=-50)
def prune() -> dict[str, int]:
    run, pruned, old = current(), 0, Job.objects.filter(finished_at__lt=Now() - KEPT)
    while old.exists():
        run.check()
        with transaction.atomic():
            pks = list(old.select_for_update().values_list("pk", flat=True)[:BATCH])  # nobody can resume these now
            Job.objects.filter(pk__in=pks).delete()
            pruned += len(pks)
            run.save_checkpoint(f"{pruned} old jobs deleted", {}, done=pruned)
    JobFile.objects.filter(job=None, created_at__lt=Now() - UNUSED).delete()
    CachedLookup.objects.exclude(pk__in=CachedLookup.objects.fresh().values("pk")).delete()
    Worker.objects.exclude(pk__in=Worker.objects.alive().values("pk")).delete()
    SessionStore.clear_expired()
    Token.objects.filter(Q(expires_at__lt=Now() - KEPT) | Q(revoked_at__lt=Now() - KEPT)).delete()
    Invitation.objects.exclude(pk__in=Invitation.objects.open().values("pk")).delete()
    return {"pruned": pruned}
