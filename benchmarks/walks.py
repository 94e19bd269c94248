"""Whether who walks through a list sees every book once while others write: each sort, page by page, there and back.

    python -m benchmarks.walks [--rows 100000] [--size 100]
    python -m tests.postgres python -m benchmarks.walks

Another process adds, changes and removes books meanwhile, as fast as it can. To a tenth of the books it gives new
titles and years, or it removes them; of the others it changes what they are not sorted by. Those must be seen exactly
once, on the way there and on the way back. It works in a test database, never in the one that DATABASE_URL names.
"""

import argparse
import asyncio
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from itertools import chain
from typing import Any

from django.db import connection
from django.test import AsyncClient
from django.test.utils import setup_test_environment

from benchmarks import set_up  # noqa: F401 - comes first
from benchmarks.generate import fill
from benchmarks.throwaway import throwaway_database
from books.models import Book

UNSETTLED = 10  # the books whose ids this divides may move or go
MOST_ADDED = 500  # books of the writer's own that are there at once
WORDS = "the life history of Straße война мир 心 夜 銀河 中国 العالم a zoo 한국".split()
LISTS = [  # as people ask for them
    "sort=title",
    "sort=-title",
    "sort=year",
    "sort=-year",
    "sort=added",
    "sort=-added",
    "q=the",
    "q=history",
    "language=de&sort=title",
    "topic=novels&sort=-year",
]
Pages = list[list[int]]


async def nothing() -> None:
    """What happens between two pages where others write by themselves."""


async def walked(query: str, size: int, between: Callable[[], Awaitable[None]] = nothing) -> tuple[Pages, Pages]:
    """The ids on each page, as `next` leads from the first to the last, and `previous` from there to the first."""
    client = AsyncClient(headers={"accept": "application/json"})

    async def get(url: str) -> dict[str, Any]:
        response = await client.get(url)
        assert response.status_code == 200, (url, response.status_code)
        answer: dict[str, Any] = response.json()
        return answer

    page = following = await get(f"/books/?{query}&size={size}")
    there = [_ids(page)]
    while following["next"]:
        await between()
        following = await get(following["next"])
        if following["books"]:  # else what was behind the page is gone
            page = following
            there.append(_ids(page))
    back = [there[-1]]
    while page["previous"]:
        await between()
        page = await get(page["previous"])
        back.append(_ids(page))
    return there, back


def _ids(page: dict[str, Any]) -> list[int]:
    return [book["id"] for book in page["books"]]


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


def report(settled_books: dict[str, set[int]], size: int, writes: Any) -> bool:
    """Walk through every list; whether each book was seen as it should be."""
    is_right = True
    print(f"{connection.vendor:<34}{'':<7}{'books':>9}{'pages':>8}{'writes':>8}{'missed':>8}{'repeated':>10}{'s':>7}")
    for query, settled in settled_books.items():
        before, start = writes.value, time.perf_counter()
        there, back = asyncio.run(walked(query, size))
        seconds, written = time.perf_counter() - start, writes.value - before
        for way, pages in (("there", there), ("back", back)):
            missed, repeated = astray(pages, settled)
            is_right = is_right and not (missed or repeated)
            print(
                f"{query:<34}{way:<7}{len(settled):>9,}{len(pages):>8,}{written:>8,}{missed:>8}{repeated:>10}"
                f"{seconds:>7.0f}",
                flush=True,
            )
    return is_right


def settled_in(query: str) -> set[int]:
    """The books of the list that stay where they are, read before anybody writes."""
    there, _ = asyncio.run(walked(query, 100))
    return {pk for pk in chain.from_iterable(there) if pk % UNSETTLED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=100, help="books on a page")
    options = parser.parse_args()
    setup_test_environment()
    with throwaway_database():
        fill(options.rows)
        sys.exit(0 if _beside_a_writer(options.rows, options.size) else 1)


def _beside_a_writer(rows: int, size: int) -> bool:
    spawn = multiprocessing.get_context("spawn")
    settled_books = {query: settled_in(query) for query in LISTS}
    stop, writes = spawn.Event(), spawn.Value("l", 0)
    writer = spawn.Process(target=write_on, args=(connection.settings_dict["NAME"], rows, stop, writes), daemon=True)
    writer.start()
    try:
        while writer.is_alive() and not writes.value:
            time.sleep(0.05)
        is_right = report(settled_books, size, writes)
        if not writer.is_alive():
            raise SystemExit("The writer has failed: it says above why.")
        return is_right
    finally:
        stop.set()
        writer.join(30)


if __name__ == "__main__":
    main()
