import time

from django.db import transaction
from django.tasks import task

from books.history import undo
from books.importing.report import BOM, csv_lines
from books.jobs.run import PermanentError, current
from books.models import Actor, Change, Channel, Job

UNDOABLE = ("import", "lookup", "undo_import")  # kinds whose changes can be taken back
BATCH = 20  # books in one transaction: others, too, want to write
PAUSE = 0.02  # seconds between two of them, in which SQLite's other writers get their turn
KEPT_HEADER = f"{BOM}book,reason\r\n".encode()


@task
def undo_import(job: str) -> dict[str, int]:
    """Take back what a job did, book by book; what has moved on since stays, and is listed with the reason."""
    run, imported = current(), Job.objects.filter(key=job).first()
    if imported is None:
        raise PermanentError("This import is not known any more: undo its changes on the pages of its books.")
    by = Actor(Channel.IMPORT, run.job.created_by_id, job_id=run.job.pk)
    changed = Change.objects.filter(job_id=imported.pk).order_by("book_id").values_list("book_id", flat=True).distinct()
    last, undone, kept = (run.checkpoint.get(name, 0) for name in ("last", "undone", "kept"))
    total = changed.count()
    while pks := list(changed.filter(book_id__gt=last)[:BATCH]):
        run.check()
        with transaction.atomic():
            stay = [(pk, reason) for pk in pks if (reason := _undo(pk, imported.pk, by))]
            last, undone, kept = pks[-1], undone + len(pks) - len(stay), kept + len(stay)
            if stay:
                run.append_to_file("kept.csv", csv_lines((f"/books/{pk}/", reason) for pk, reason in stay), KEPT_HEADER)
            checkpoint = {"last": last, "undone": undone, "kept": kept}
            run.save_checkpoint(f"{undone:,} books undone, {kept:,} kept", checkpoint, done=undone + kept, total=total)
        time.sleep(PAUSE)
    return {"undone": undone, "kept": kept}


def _undo(book_id: int, job_id: int, by: Actor) -> str:
    """StopReason the book stays as it is; empty if it does not."""
    try:
        undo.undo_job(book_id, job_id, by)
    except undo.CannotUndo as error:
        return str(error)
    return ""
