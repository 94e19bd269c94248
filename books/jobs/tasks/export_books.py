from django.db import transaction
from django.tasks import task

from books.exporting.lines import csv_header, csv_lines, json_lines, rows_after
from books.forms.lists import BookQuery
from books.jobs.run import PermanentError, current
from books.models import Book

FORMATS = {"csv": (csv_lines, csv_header()), "jsonl": (json_lines, b"")}


@task
def export(*, format: str, query: dict[str, str]) -> dict[str, int]:
    """The books that a query finds, as a file of the job's."""
    run, form = current(), BookQuery(query)
    if not form.is_valid():
        raise PermanentError("This query is not understood any more: start the export again.")
    books = Book.objects.matching(form.cleaned_data)
    encode, header = FORMATS[format]
    last, done = run.checkpoint.get("last", 0), run.checkpoint.get("done", 0)
    total = done + books.filter(pk__gt=last).count()
    while batch := list(rows_after(books, last)):
        run.check()
        last, done = batch[-1][0], done + len(batch)
        lines = encode(row[1:] for row in batch)
        with transaction.atomic():
            run.append_to_file(f"books.{format}", lines, header)
            run.save_checkpoint(f"{done:,} books", {"last": last, "done": done}, done=done, total=max(total, done))
    if not done:
        with transaction.atomic():
            run.append_to_file(f"books.{format}", b"", header)
            run.save_checkpoint("no books", {"last": 0}, done=0, total=0)
    return {"books": done}
