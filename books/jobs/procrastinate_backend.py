"""Jobs on PostgreSQL by procrastinate, on any number of hosts: `manage.py procrastinate worker`.

What procrastinate carries is a hint, “try this job”, committed in one transaction with the job's row. The row decides:
a hint that comes twice, or late, finds nothing to claim. A hint that is lost with its worker is given again by a sweep.
"""

from django.db import transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from books.jobs.backend import EmbeddedBackend
from books.models.job import Job

HINT = "books.try_job"


class ProcrastinateBackend(EmbeddedBackend):
    """Hints go through Django's own connection, in the transaction of the row."""

    def wake(self, job: Job) -> None:
        hint = configure_task(
            name=HINT,
            job_manager=JobManager(DjangoConnector()),
            queue=job.queue,
            priority=job.priority,
            schedule_at=job.due_at,
            queueing_lock=str(job.pk),
        )
        try:
            with transaction.atomic():
                hint.defer(pk=job.pk)
        except AlreadyEnqueued:
            pass
