"""How fast the catalogue leaves as a file: rows a second through the whole ASGI stack, and the memory it takes.

    python benchmarks/export_speed.py [--rows 200000] [--rounds 5]

Uses a database of its own: a temporary SQLite file, or the empty PostgreSQL database in DATABASE_URL.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.asgi import get_asgi_application

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "django41_example.settings"

FORMATS = {
    "/books.csv": [],
    "/books.jsonl": [],
    "/books.csv gzip": [(b"accept-encoding", b"gzip")],
}


def fill(rows: int) -> None:
    from books.metadata.record import EMPTY
    from books.models import Book
    from books.models.book import columns

    for start in range(0, rows, 2000):
        Book.objects.bulk_create(
            Book(
                **columns(
                    {
                        **EMPTY,
                        "title": f"The history of place {number}",
                        "authors": [f"Author {number % 5000}", "Another Author"],
                        "topics": ["History"],
                        "published_year": 1800 + number % 200,
                        "language": "en",
                        "description": "A line or two about what is in it, as most catalogues have.",
                        "source_key": f"bench:{number}",
                    }
                )
            )
            for number in range(start, min(start + 2000, rows))
        )


async def fetch(application: Any, address: str, headers: list[tuple[bytes, bytes]]) -> tuple[float, int]:
    """(seconds, bytes) of one export."""
    size = 0

    async def receive() -> dict[str, object]:
        if not received:
            received.append(True)
            return {"type": "http.request", "body": b""}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, object]) -> None:
        nonlocal size
        assert message.get("status", 200) == 200
        size += len(message.get("body", b""))

    received: list[bool] = []
    scope = {"type": "http", "method": "GET", "path": address, "query_string": b"", "http_version": "1.1"}
    begin = time.perf_counter()
    await application({**scope, "headers": [(b"host", b"localhost"), *headers]}, receive, send)
    return time.perf_counter() - begin, size


async def measure(rows: int, rounds: int) -> None:
    application = get_asgi_application()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds: dict[str, list[float]] = {name: [] for name in FORMATS}
    sizes = {}
    for _ in range(rounds):
        for name, headers in FORMATS.items():
            took, sizes[name] = await fetch(application, name.split()[0], headers)
            seconds[name].append(took)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, took_all in seconds.items():
        speeds = sorted(rows / took for took in took_all)
        middle = statistics.median(speeds)
        print(
            f"{name:16} {middle:>9,.0f} rows/s (from {speeds[0]:,.0f} to {speeds[-1]:,.0f})  {sizes[name]:>12,} bytes"
        )
    print(f"peak memory {peak / 1024:.0f} MB, of which the exports {max(0, peak - before) / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        from books.models import Book

        if Book.objects.exists():
            raise SystemExit("DATABASE_URL has books in it: name an empty database.")
        fill(options.rows)
        print(f"{options.rows:,} books, {connection.vendor}, {options.rounds} rounds, medians")
        asyncio.run(measure(options.rows, options.rounds))
        if connection.vendor == "postgresql":
            Book.objects.all().delete()


if __name__ == "__main__":
    main()
