"""An import whose worker is killed again and again: whether the outcome is that of one that nothing has stopped.

    python benchmarks/crashing_import.py [--rows 100000] [--kills 20]

Uses a database of its own: a temporary SQLite file, or the empty PostgreSQL database in DATABASE_URL.
Takes about 12 s a kill: each time a lease has to run out.
"""

import argparse
import hashlib
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "django41_example.settings"


def rows(count: int) -> io.BytesIO:
    head = "title,authors,published_year,pages,topics,source_key\n"
    lines = (
        f"Book {n},Author {n % 997},{1900 + n % 120},{n % 900 or 'many'},Topic {n % 50},k:{n}\n" for n in range(count)
    )
    return io.BytesIO((head + "".join(lines)).encode())


def worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT, stderr=subprocess.DEVNULL)


def begin(key: str, count: int) -> Any:
    from books.jobs.kinds import KINDS
    from books.jobs.start import start
    from books.models import JobFile

    file = JobFile.objects.store("books.csv", rows(count))
    return start(KINDS["import"].task, {"dry_run": False, "mapping": {}, "format": ""}, key=key, file=file)[0]


def fingerprint(job: Any) -> str:
    """Of all that the import has made: books, versions, links, rejects."""
    from books.models import Book, BookAuthor, BookTopic

    digest = hashlib.sha256()
    for values in (
        Book.objects.order_by("source_key").values_list("source_key", "title", "version", "pages"),
        BookAuthor.objects.order_by("book__source_key").values_list("book__source_key", "author__name"),
        BookTopic.objects.order_by("book__source_key").values_list("book__source_key", "topic__name"),
    ):
        for row in values.iterator():
            digest.update(repr(row).encode())
    with job.files.get(name="books.csv.rejects.csv").opened() as file:
        digest.update(file.read())
    return digest.hexdigest()[:16]


def wait(job: Any, until: Callable[[Any], bool]) -> float:
    began, done = time.monotonic(), job.done
    while not until(job):
        time.sleep(0.05)
        job.refresh_from_db()
        assert job.done >= done, "it went back"
        done = job.done
    return time.monotonic() - began


def main(count: int, kills: int) -> None:
    from django.core.management import call_command

    from books.models import Author, Book, Topic

    call_command("migrate", verbosity=0)
    clean = begin("clean", count)
    process = worker()
    print(f"clean: {wait(clean, lambda job: job.finished_at):.1f} s, {clean.message}")
    expected = fingerprint(clean)
    process.kill()
    for model in (Book, Author, Topic):
        model.objects.all().delete()
    job, waits = begin("killed", count), []
    process = worker()
    for number in range(kills):
        goal = job.done + random.randrange(1, max(count // (kills + 1), 2))
        wait(job, lambda job, goal=goal: job.done >= goal or job.finished_at)
        time.sleep(random.random() * 0.3)
        process.kill()
        process.wait()
        job.refresh_from_db()
        if job.finished_at:
            print(f"over after {number} kills")
            break
        process, attempt = worker(), job.attempt
        waits.append(wait(job, lambda job, attempt=attempt: job.attempt > attempt))
    wait(job, lambda job: job.finished_at)
    print(f"killed {len(waits)} times: {job.status}, attempt {job.attempt}, {job.message}")
    print(f"taken over after {min(waits):.1f} to {max(waits):.1f} s; same outcome: {fingerprint(job) == expected}")
    again = begin("again", count)
    wait(again, lambda job: job.finished_at)
    print(f"again: {again.message}")
    process.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("VAR_DIR", folder)
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/catalogue.sqlite3")
        import django

        django.setup()
        main(options.rows, options.kills)
