from django.db import transaction
from django.tasks import task

from books.exporting import EXPORT_FORMATS
from books.exporting.batches import rows_after
from books.forms.lists import BookQuery
from books.jobs.run import PermanentError, current
from books.models import Book


@task
def export(*, format: str, query: dict[str, str]) -> dict[str, int]:
    """The books that a query finds, as a file of the job."""
    run, form, known = current(), BookQuery(query), EXPORT_FORMATS[format]
    if not form.is_valid():
        raise PermanentError("This query is no longer valid: start the export again.")
    books = Book.objects.matching(form.search()).queryset()
    last, done = run.checkpoint.get("last", 0), run.checkpoint.get("done", 0)
    total = done + books.filter(pk__gt=last).count()
    while batch := list(rows_after(books, last)):
        run.check()
        last, done = batch[-1][0], done + len(batch)
        lines = known.encode(row[1:] for row in batch)
        with transaction.atomic():
            run.append_to_file(f"books.{format}", lines, known.header)
            run.save_checkpoint(f"{done:,} books", {"last": last, "done": done}, done=done, total=max(total, done))
    if not done:
        with transaction.atomic():
            run.append_to_file(f"books.{format}", b"", known.header)
            run.save_checkpoint("no books", {"last": 0}, done=0, total=0)
    return {"books": done}
