import time

from django.db import transaction
from django.tasks import task

from books.history import undo
from books.importing.report import BOM, csv_lines
from books.jobs.run import PermanentError, current
from books.models import Actor, Change, Channel, Job
from books.web.serializers import book_url

UNDOABLE = ("import", "lookup", "undo_import", "remove_samples")  # kinds
BATCH = 20  # books per transaction, as others want to write too
PAUSE = 0.02  # seconds between them, for other writers to SQLite
KEPT_HEADER = f"{BOM}book,reason\r\n".encode()


@task
def undo_import(job: str) -> dict[str, int]:
    """Undo the changes of a job, book by book. Books changed since stay as they are, and a file lists them."""
    run, imported = current(), Job.objects.filter(key=job).first()
    if imported is None:
        raise PermanentError("This import is no longer known: undo its changes on the pages of its books.")
    actor = Actor(Channel.IMPORT, run.job.created_by_id, job_id=run.job.pk)
    changed = Change.objects.filter(job_id=imported.pk).order_by("book_id").values_list("book_id", flat=True).distinct()
    last, undone, kept = (run.checkpoint.get(name, 0) for name in ("last", "undone", "kept"))
    total = changed.count()
    while pks := list(changed.filter(book_id__gt=last)[:BATCH]):
        run.check()
        with transaction.atomic():
            reasons = [(book_url(pk), reason) for pk in pks if (reason := _undo(pk, imported.pk, actor))]
            last, undone, kept = pks[-1], undone + len(pks) - len(reasons), kept + len(reasons)
            if reasons:
                run.append_to_file("kept.csv", csv_lines(reasons), KEPT_HEADER)
            checkpoint = {"last": last, "undone": undone, "kept": kept}
            message = f"{undone:,} undone, {kept:,} kept as they are"
            run.save_checkpoint(message, checkpoint, done=undone + kept, total=total)
        time.sleep(PAUSE)
    return {"undone": undone, "kept": kept}


def _undo(book_id: int, job_id: int, actor: Actor) -> str:
    """Undo, or return the reason why it is impossible."""
    try:
        undo.undo_job(book_id, job_id, actor)
    except undo.CannotUndo as error:
        return str(error)
    return ""
