"""A backend for Django's tasks: enqueueing a task inserts a row for the job."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models.functions import Now
from django.tasks import Task, TaskResult, TaskResultStatus, default_task_backend
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import TaskError
from django.tasks.exceptions import InvalidTask, TaskResultDoesNotExist
from django.utils.json import normalize_json
from django.utils.module_loading import import_string

from books.models.job import Job, Status

STATUS = {
    Status.QUEUED: TaskResultStatus.READY,
    Status.RUNNING: TaskResultStatus.RUNNING,
    Status.SUCCEEDED: TaskResultStatus.SUCCESSFUL,
    Status.FAILED: TaskResultStatus.FAILED,
    Status.CANCELLED: TaskResultStatus.FAILED,
}

type AnyTask = Task[..., Any]
type Result = TaskResult[..., Any]


class EmbeddedBackend(BaseTaskBackend):
    """The database is the queue: workers (`manage.py work`) poll it."""

    supports_defer = supports_async_task = supports_get_result = supports_priority = True

    def enqueue(  # type: ignore[override]
        self, task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Result:
        self.validate_task(task)
        if args:  # rows outlive the code that wrote them, and names change less often than the order of arguments
            raise InvalidTask("Give a job's arguments by name.")
        job = Job.objects.create(
            task=task.module_path,
            kind=task.name.rstrip("_"),  # import_
            arguments=normalize_json(dict(kwargs)),
            queue=task.queue_name,
            priority=task.priority,
            due_at=task.run_after or Now(),
        )
        self.notify(job)
        return result_of(job)

    def notify(self, job: Job) -> None:
        """Notify workers of a queued job, in the transaction that queues it. Polling workers need no notification."""

    def get_result(self, result_id: str) -> Result:
        try:
            return result_of(Job.objects.get(key=result_id))
        except Job.DoesNotExist:
            raise TaskResultDoesNotExist(result_id) from None


def result_of(job: Job) -> Result:
    error = TaskError(exception_class_path="builtins.Exception", traceback=job.traceback)
    result: Result = TaskResult(
        task=import_string(job.task),
        id=job.key,
        status=STATUS[Status(job.status)],
        enqueued_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        last_attempted_at=job.started_at,
        args=[],
        kwargs=job.arguments,
        backend="default",
        errors=[error] if job.error else [],
        worker_ids=[job.owner] * job.attempt,
    )
    object.__setattr__(result, "_return_value", job.result)  # as in Django's own backends
    return result


def notify(job: Job) -> None:
    """Notify the workers of the configured backend."""
    cast("EmbeddedBackend", default_task_backend).notify(job)
