from django.db import Error, connections
from django.db.models import Count

from books.models.job import Job, Status, Worker


def counts() -> dict[str, float]:
    """The figures on jobs for a monitor. Called outside requests, in a thread whose connection is then closed."""
    try:
        found = dict(Job.objects.active().values_list("status").annotate(jobs=Count("pk")).order_by())
        return {
            "jobs_queued": found.get(Status.QUEUED, 0),
            "jobs_running": found.get(Status.RUNNING, 0),
            "job_workers": Worker.objects.alive().count(),
        }
    except Error:
        return {}
    finally:
        connections.close_all()
