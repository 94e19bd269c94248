"""A backup as a job, started by a person or once a day."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from books.backup.archive import describe_rows
from books.backup.writing import delete_oldest, folder, write
from books.jobs.run import current
from books.models import JobFile

REQUESTED = 7  # backups that people have started


@task(priority=-10)
def backup(*, daily: bool = False) -> dict[str, Any]:
    """Write everything to a file on this worker's disk. The job's own file only names it."""
    run, beginning = current(), "daily" if daily else "requested"
    path = folder() / f"{beginning}-{timezone.now():%Y-%m-%d-%H%M%S}-{run.job.pk:06}.zip"

    def progress(done: int, total: int) -> None:
        run.check()
        run.report_progress("writing" if done < total else "checking", done=done, total=total)

    rows = write(path, progress)
    with transaction.atomic():
        JobFile.objects.create(job=run.job, name=path.name, size=path.stat().st_size)
        total = sum(rows.values())
        run.save_checkpoint(f"written and checked: {describe_rows(rows)}", {}, done=total, total=total)
    deleted = delete_oldest(f"{beginning}-", max(settings.BACKUPS, 1) if daily else REQUESTED, path)
    JobFile.objects.filter(job__kind="backup", name__in=deleted).delete()
    return {"books": rows["books.book"]}
