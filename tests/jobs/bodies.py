"""Bodies for tests."""

import os
import time

from django.db import transaction
from django.tasks import TaskContext, task

from books.jobs.run import PermanentError, Postponed, current
from books.models import Author, Job


@task
def fine(number: int = 1) -> int:
    return number


@task(takes_context=True)
async def counted(context: TaskContext) -> int:  # type: ignore[type-arg]
    return context.attempt


@task
def raises() -> None:
    raise ZeroDivisionError("on purpose")


@task
def is_hopeless() -> None:
    raise PermanentError("The list is on fire: put it out.")


@task
def postpones(cancels: bool = False) -> int:
    """Wait once, then end; meanwhile somebody cancels it, if told so."""
    run = current()
    if not run.checkpoint:
        Job.objects.filter(pk=run.job.pk).update(cancel_requested=cancels)
        run.report_progress("waits", checkpoint={"waited": 1})
        raise Postponed(60)
    return 1


@task
def dies() -> None:
    os.kill(os.getpid(), 9)


@task
def writes(rows: int, seconds: float = 0.1, held_at: int = 0) -> int:
    """A row and a checkpoint in one transaction, again and again. The first attempt gets no further than row `held_at`
    while nobody takes the job from it."""
    run = current()
    is_first = not run.checkpoint
    for number in range(run.checkpoint.get("rows", 0) + 1, rows + 1):
        while is_first and number > held_at > 0 and Job.objects.get(pk=run.job.pk).attempt == run.job.attempt:
            run.check()
            time.sleep(seconds)
        run.check()
        with transaction.atomic():
            Author.objects.create(name=f"{number}", name_key=f"{number:09}")
            run.save_checkpoint(f"row {number}", {"rows": number}, done=number, total=rows)
        time.sleep(seconds)
    return rows


@task
def never_checks() -> None:
    current().report_progress("begun")
    time.sleep(3600)


@task
def fails_after_its_checkpoint() -> None:
    with transaction.atomic():
        current().save_checkpoint("written", {"rows": 1}, done=1)
        raise ZeroDivisionError("on purpose")
