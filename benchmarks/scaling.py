"""How long each read takes with 10,000, 100,000 and 1,000,000 books: whole answers, none of them kept.

    python -m benchmarks.scaling [--sizes 10000,100000,1000000] [--rounds 40]
    python -m tests.postgres python -m benchmarks.scaling

The books are those of generate.py, in a test database. Every request goes through the whole of Django in one process,
one after the other; each differs from the others of its kind, and is asked once. A figure is the median and the 95th
percentile in milliseconds, or with `--processor` in milliseconds of this process's own work, which other programs do
not lengthen. Pages are HTML, lists are JSON; `counts` are lists with all that is counted beside them.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Callable
from statistics import median, quantiles
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import AsyncClient

from benchmarks import set_up  # comes first
from benchmarks.generate import fill
from books.models import Book
from books.models.book import BookQuerySet
from books.search.pagination import Cursor
from django41_example.server.statements import limit_statements

SCRIPTS = {
    "English": "history garden secret war of-the the-house island winter stone dream",
    "German": "geschichte zeit strasse rathaus das-leben garten traum könig wald nacht",
    "Russian": "война мир жизнь город история любовь дорога тайна сон и-мир",
    "Japanese": "心 銀河鉄道 夏目 日本 物語 東京 猫 世界 歴史 こころ",
    "Arabic": "كتاب تاريخ ليلة الحب مدينة البحر قصة ألف الحرب في",
}
TYPED = "history of the, die verwand, war and peace, 銀河鉄道, geschichte, война и мир, kafka on, 日本文学".split(", ")
TOPICS = "novels poetry history travel humour science fantasy art music sport".split()
JSON, PAGE = "application/json", "text/html"
Request = Callable[[random.Random], tuple[str, str]]  # an address, and what it is asked as


def listed(**query: object) -> str:
    return f"/books/?{urlencode(query)}"


def a_filter(chance: random.Random) -> str:
    language, topic = chance.choice(["en", "de", "ja", "ru", "el", "hi"]), chance.choice(TOPICS)
    year, size = chance.randint(1850, 2020), chance.randint(10, 30)
    queries: list[dict[str, object]] = [
        {"language": language, "size": size},
        {"topic": topic, "size": size},
        {"topic": topic, "language": language, "size": size},
        {"year": f"{year}..{year + 10}", "sort": chance.choice(["title", "year"])},
        {"year": year, "topic": topic},
    ]
    return listed(**chance.choice(queries))


def searched(words: str) -> Request:
    some = words.split()
    return lambda chance: (listed(q=chance.choice(some).replace("-", " "), size=chance.randint(5, 50)), JSON)


def typed(chance: random.Random) -> tuple[str, str]:
    text = chance.choice(TYPED)
    return listed(q=text[: chance.randint(2, len(text))], size=chance.randint(10, 30)), PAGE


def deep_page(chance: random.Random) -> tuple[str, str]:
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=2))
    after = Cursor.encode(BookQuerySet.ORDERINGS["title"], [letters, 1])
    return listed(size=20, after=after), JSON


def kinds(size: int) -> dict[str, Request]:
    every_script = searched(" ".join(SCRIPTS.values()))
    return {
        "list": lambda chance: (listed(size=chance.randint(10, 40), sort=chance.choice(["title", "-year"])), JSON),
        "deep page": deep_page,
        "filter": lambda chance: (a_filter(chance), JSON),
        "page": lambda chance: (a_filter(chance), PAGE),
        "counts of a filter": lambda chance: (f"{a_filter(chance)}&facets=all", JSON),
        "counts of a search": lambda chance: (f"{every_script(chance)[0]}&facets=all", JSON),
        **{f"search, {name}": searched(words) for name, words in SCRIPTS.items()},
        "typing": typed,
        "book page": lambda chance: (f"/books/{chance.randint(1, size)}/", PAGE),
    }


async def measured(size: int, rounds: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Milliseconds of each request, by kind."""
    client, chance = AsyncClient(), random.Random(7)
    found: dict[str, list[float]] = {}
    for name, request in kinds(size).items():
        times = []
        for number in range(rounds + 5):
            address, accept = request(chance)
            start = clock()
            response = await client.get(address, headers={"accept": accept})
            if response.status_code != 200:
                raise SystemExit(f"{address}: {response.status_code}")
            if number >= 5:  # the first ones read templates and open the connection
                times.append((clock() - start) * 1000)
        found[name] = times
    await sync_to_async(connections.close_all)()  # the next database has the next connection
    return found


def added(rounds: int, clock: Callable[[], float]) -> list[float]:
    """Milliseconds of adding a book; each is taken out again."""
    times = []
    for number in range(rounds):
        start = clock()
        book = Book.objects.add({"title": f"A new book {number}", "authors": ["Some Writer"], "topics": ["Novels"]})
        times.append((clock() - start) * 1000)
        Book.objects.remove(book.pk)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--processor", action="store_true", help="processor time instead of the wall clock")
    options = parser.parse_args()
    clock = time.process_time if options.processor else time.perf_counter
    set_up.for_requests()
    limit_statements(seconds=3600)  # for PostgreSQL's settings, which the server's connections have too
    results: dict[int, dict[str, list[float]]] = {}
    for size in map(int, options.sizes.split(",")):
        with set_up.throwaway_database():
            fill(size)
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("VACUUM ANALYZE")
            results[size] = asyncio.run(measured(size, options.rounds, clock)) | {"add": added(options.rounds, clock)}
    report(results)


def report(results: dict[int, dict[str, list[float]]]) -> None:
    print(f"{'median / 95th percentile, ms':<30}" + "".join(f"{size:>20,}" for size in results))
    for kind in next(iter(results.values())):
        cells = (
            f"{median(found[kind]):>11.1f} /{quantiles(found[kind], n=20)[-1]:>7.1f}" for found in results.values()
        )
        print(f"{kind:<30}{''.join(cells)}")


if __name__ == "__main__":
    main()
