"""Jobs on PostgreSQL by procrastinate, on any number of hosts: `manage.py procrastinate worker`.

Procrastinate carries notifications, "try this job", each committed in the transaction of the job's row. The row
decides: a repeated or late notification finds nothing to claim. Every five seconds, workers look for jobs whose
notification was lost.
"""

from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from books.jobs.backend import EmbeddedBackend
from books.models.job import Job

TRY_JOB = "books.try_job"


class ProcrastinateBackend(EmbeddedBackend):
    def notify(self, job: Job) -> None:
        """Notify through Django's own connection, in the transaction of the row."""
        notification = configure_task(
            name=TRY_JOB,
            job_manager=JobManager(DjangoConnector()),
            queue=job.queue,
            priority=job.priority,
            schedule_at=job.due_at,
            queueing_lock=str(job.pk),
        )
        with suppress(AlreadyEnqueued), transaction.atomic():
            notification.defer(pk=job.pk)
