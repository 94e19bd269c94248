"""Deletes the starter books that nobody has edited. As a job, it can be undone as a whole."""

from django.db import transaction
from django.tasks import task

from books.jobs.run import current
from books.models import Actor, Book, Channel, StaleVersion
from books.models.catalogue import STARTER_KEYS

BATCH = 20  # books per transaction, as others want to write too


@task
def remove_samples() -> dict[str, int]:
    """Edited starter books stay: they are somebody's work."""
    run = current()
    actor = Actor(Channel.IMPORT, run.job.created_by_id, job_id=run.job.pk)
    samples = Book.objects.filter(source_key__in=STARTER_KEYS).order_by("pk")
    last, removed, kept = (run.checkpoint.get(name, 0) for name in ("last", "removed", "kept"))
    total = removed + kept + samples.filter(pk__gt=last).count()
    while found := list(samples.filter(pk__gt=last).values_list("pk", "version")[:BATCH]):
        run.check()
        with transaction.atomic():
            gone = sum(_is_removed(pk, actor) for pk, version in found if version == 1)
            last, removed, kept = found[-1][0], removed + gone, kept + len(found) - gone
            checkpoint = {"last": last, "removed": removed, "kept": kept}
            message = f"{removed:,} removed, {kept:,} kept because they were edited"
            run.save_checkpoint(message, checkpoint, done=removed + kept, total=total)
    return {"removed": removed, "kept": kept}


def _is_removed(pk: int, actor: Actor) -> bool:
    try:
        Book.objects.remove(pk, 1, actor)
    except (Book.DoesNotExist, StaleVersion):  # somebody has just deleted or edited it
        return False
    return True
