"""Starts a job once: a repeated request gets the first job."""

from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from books.jobs.backend import AnyTask, notify
from books.models import Job, JobFile, Refused, Status
from books.models.change import COMMAND, Actor
from books.models.fields import digest_of

LONGEST_NAME = 200  # last characters of a file's name, from which the names of results are made


class KeyTaken(Refused):
    """Another job has this key."""


def start(
    task: AnyTask,
    arguments: dict[str, Any],
    *,
    key: str = "",
    by: Actor = COMMAND,
    file: JobFile | None = None,
) -> tuple[Job, bool]:
    """Start a job, or find the one that the same request has started. Returns whether it is new. Raises KeyTaken.

    Its row, its file and the notification of workers are one transaction.
    """
    request = [task.module_path, arguments, file and file.digest]
    digest = digest_of(orjson.dumps(request, option=orjson.OPT_SORT_KEYS).decode())
    try:
        with transaction.atomic():
            job = Job.objects.get(key=task.enqueue(**arguments).id)
            job.key, job.digest = key or job.key, digest
            job.via, job.created_by_id = by.channel, by.user_id
            job.save(update_fields=["key", "digest", "via", "created_by"])
            if file:
                JobFile.objects.filter(pk=file.pk).update(job=job)
            return job, True
    except IntegrityError:
        first = Job.objects.filter(key=key).first()
        if first is None:
            raise
    if file:
        file.delete()
    if first.digest != digest:
        raise KeyTaken(f"Another job has this key. Choose another key, or look at it at {first.get_absolute_url()}.")
    return first, False


astart = sync_to_async(start)


def retry(key: str) -> bool:
    """Resume a failed or cancelled job from its checkpoint. False if it is neither."""
    with transaction.atomic():
        ended = Job.objects.filter(key=key, status__in=[Status.FAILED, Status.CANCELLED])
        outcome = {"error": "", "traceback": "", "finished_at": None, "consecutive_failures": 0}
        if not ended.update(status=Status.QUEUED, due_at=Now(), cancel_requested=False, **outcome):
            return False
        notify(Job.objects.get(key=key))
        return True
