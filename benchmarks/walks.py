"""Whether who walks through a list sees every book once while others write: each sort, page by page, there and back.

    python benchmarks/walks.py [--rows 100000] [--size 100]
    python -m tests.postgres python benchmarks/walks.py

Another process adds, changes and removes books meanwhile, as fast as it can. To a tenth of the books it gives new
titles and years, or it removes them; of the others it changes what they are not sorted by. Those must be seen exactly
once, on the way there and on the way back. It works in a test database, never in the one that DATABASE_URL names.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
django.setup()

from django.db import connection  # noqa: E402 - after setup

from benchmarks.generate import fill  # noqa: E402
from benchmarks.throwaway import throwaway_database  # noqa: E402
from books.models import Book  # noqa: E402
from books.models.book import BookQuerySet  # noqa: E402
from books.search.filters import BookSearch  # noqa: E402
from books.search.pagination import Cursor, Page, PageRequest  # noqa: E402

UNSETTLED = 10  # the books whose ids this divides may move or go
MOST_ADDED = 500  # books of the writer's own that are there at once
WORDS = "the life history of Straße война мир 心 夜 銀河 中国 العالم a zoo 한국".split()
LISTS: list[tuple[str, dict[str, Any]]] = [
    *((sort, {}) for sort in BookQuerySet.ORDERINGS if sort != "relevance"),
    ("relevance", {"q": "the"}),
    ("relevance", {"q": "history"}),
    ("title", {"language": "de"}),
    ("-year", {"topic": "novels"}),
]


async def nothing() -> None:
    """What happens between two pages where others write by themselves."""


async def walked(
    filters: dict[str, Any], sort: str, size: int, between: Callable[[], Awaitable[None]] = nothing
) -> tuple[list[list[int]], list[list[int]]]:
    """The ids on each page, from the first to the last; and from there back to the first."""
    ordering = BookQuerySet.ORDERINGS[sort]

    async def page_at(link: str | None, *, backwards: bool = False) -> Page:
        cursor = Cursor.decode(link, ordering, backwards=backwards) if link else None
        return await Book.objects.matching(BookSearch.of(filters)).apage(PageRequest(ordering, size, cursor))

    page = following = await page_at(None)
    there = [_ids(page)]
    while page.after and following.rows:
        await between()
        following = await page_at(page.after)
        if following.rows:  # else what was behind the page is gone
            page = following
            there.append(_ids(page))
    back = [there[-1]]
    while page.before:
        await between()
        page = await page_at(page.before, backwards=True)
        back.append(_ids(page))
    return there, back


def _ids(page: Page) -> list[int]:
    return [pk for pk, *_ in page.rows]


def astray(pages: list[list[int]], settled: Collection[int]) -> tuple[int, int]:
    """How many of these books are on no page, and how many are there more than once."""
    seen = Counter(chain.from_iterable(pages))
    return sum(not seen[pk] for pk in settled), sum(seen[pk] > 1 for pk in settled)


class Writer:
    """Who adds, moves and removes books; those that are settled stay where they are."""

    def __init__(self, pks: Iterable[int], seed: int = 1) -> None:
        self.chance, self.added = random.Random(seed), list[int]()
        self.settled: list[int] = []
        self.unsettled: list[int] = []
        for pk in pks:
            (self.settled if pk % UNSETTLED else self.unsettled).append(pk)

    def write(self) -> None:
        chance = self.chance
        values: Any = {
            "title": " ".join(chance.choices(WORDS, k=4)),
            "published_year": chance.choice([None, chance.randint(1850, 2026)]),
        }
        kind = chance.choice(["add", "add", "move", "touch", "remove"])
        if kind == "add" and len(self.added) < MOST_ADDED:
            more = {"authors": ["Some Writer"], "topics": ["Novels"], "language": chance.choice(["de", "en", "ja"])}
            self.added.append(Book.objects.add(values | more).pk)
        elif kind == "touch":
            Book.objects.change(chance.choice(self.settled), {"pages": chance.randint(1, 900)})
        elif kind == "move":
            Book.objects.change(chance.choice(self.unsettled), values)
        else:
            among = self.added if self.added and chance.random() < 0.8 else self.unsettled
            Book.objects.remove(among.pop(chance.randrange(len(among))))


def write_on(name: str, last: int, stop: Any, writes: Any) -> None:
    """In a process of its own: write until it is told to stop, and count."""
    connection.settings_dict["NAME"] = name
    writer = Writer(range(1, last + 1))
    while not stop.is_set():
        writer.write()
        writes.value += 1
    connection.close()


def report(rows: int, size: int, writes: Any) -> bool:
    """Walk through every list; whether each book was seen as it should be."""
    is_right = True
    print(f"{connection.vendor:<34}{'':<7}{'books':>9}{'pages':>8}{'writes':>8}{'missed':>8}{'repeated':>10}{'s':>7}")
    for sort, filters in LISTS:
        settled = {pk for pk in _matching(filters) if pk % UNSETTLED and pk <= rows}
        before, start = writes.value, time.perf_counter()
        there, back = asyncio.run(walked(filters, sort, size))
        seconds, written = time.perf_counter() - start, writes.value - before
        label = " ".join([f"sort={sort}", *(f"{name}={value}" for name, value in filters.items())])
        for way, pages in (("there", there), ("back", back)):
            missed, repeated = astray(pages, settled)
            is_right = is_right and not (missed or repeated)
            print(
                f"{label:<34}{way:<7}{len(settled):>9,}{len(pages):>8,}{written:>8,}{missed:>8}{repeated:>10}"
                f"{seconds:>7.0f}",
                flush=True,
            )
    return is_right


def _matching(filters: dict[str, Any]) -> list[int]:
    return list(Book.objects.matching(BookSearch.of(filters)).queryset().values_list("pk", flat=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=100, help="books on a page")
    options = parser.parse_args()
    with throwaway_database():
        fill(options.rows)
        sys.exit(0 if _beside_a_writer(options.rows, options.size) else 1)


def _beside_a_writer(rows: int, size: int) -> bool:
    spawn = multiprocessing.get_context("spawn")
    stop, writes = spawn.Event(), spawn.Value("l", 0)
    writer = spawn.Process(target=write_on, args=(connection.settings_dict["NAME"], rows, stop, writes), daemon=True)
    writer.start()
    try:
        while writer.is_alive() and not writes.value:
            time.sleep(0.05)
        is_right = report(rows, size, writes)
        if not writer.is_alive():
            raise SystemExit("The writer has failed: it says above why.")
        return is_right
    finally:
        stop.set()
        writer.join(30)


if __name__ == "__main__":
    main()
