from contextlib import closing

from django.db import transaction
from django.tasks import task

from books.exporting import EXPORT_FORMATS
from books.exporting.base import rows_after
from books.forms.lists import BookQuery
from books.jobs.run import PermanentError, current
from books.models import Book
from books.models.links import follow_renames


@task
def export(*, format: str, query: dict[str, str]) -> dict[str, int]:
    """Export the books that a query finds to a file of the job."""
    run, form, known = current(), BookQuery(follow_renames(query)), EXPORT_FORMATS[format]
    if not form.is_valid():
        raise PermanentError("This query is no longer valid: start the export again.")
    books, name = Book.objects.matching(form.search()).queryset(), f"books.{known.extension}"
    place = {"last": 0, "done": 0, **run.checkpoint}
    total = place["done"] + books.filter(pk__gt=place["last"]).count()
    with closing(known()) as file:
        while "ended" not in place:
            run.check()
            if rows := list(rows_after(books, place["last"])):
                part = (file.separator if place["done"] else b"") + file.encode(rows)
                place = {"last": rows[-1][0], "done": place["done"] + len(rows)}
            else:
                part, place = file.end(), {**place, "ended": 1}
            done = place["done"]
            with transaction.atomic():
                run.append_to_file(name, part, known.header)
                # Without a checkpoint, another run starts the file again.
                checkpoint = place if known.is_resumable or "ended" in place else {}
                run.save_checkpoint(f"{done:,} books", checkpoint, done=done, total=max(total, done))
    return {"books": place["done"]}
