"""Derives the columns and search words of books again, after the rules have changed."""

import time

from django.db import connection, transaction
from django.tasks import task

from books.jobs.run import current
from books.models import Book
from books.models.derive import derive, derive_names
from books.search.index import rebuild

BATCH = 100  # books per transaction, for which other writers wait


@task
def reindex() -> dict[str, int]:
    run = current()
    last, done, changed = (run.checkpoint.get(name, 0) for name in ("last", "done", "changed"))
    total = done + Book.objects.filter(pk__gt=last).count()
    if not last:
        derive_names()
    if connection.vendor == "sqlite" and not last:
        indexed = 0
        for added in rebuild():
            run.check()
            indexed += added
            run.report_progress(f"{indexed:,} books indexed", total=total)
    while True:
        run.check()
        began = time.monotonic()
        with transaction.atomic():
            books = Book.objects.select_for_update().filter(pk__gt=last).order_by("pk")
            pks = list(books.values_list("pk", flat=True)[:BATCH])
            if not pks:
                return {"books": done, "changed": changed}
            last, done, changed = pks[-1], done + len(pks), changed + derive(pks)
            checkpoint = {"last": last, "done": done, "changed": changed}
            run.save_checkpoint(f"{done:,} books, {changed:,} changed", checkpoint, done=done, total=max(total, done))
        time.sleep(time.monotonic() - began)  # now others can write
