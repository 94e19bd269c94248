"""The anonymous request that costs most, found by a search over the grammar of our own queries.

    DATABASE_URL=… python -m benchmarks.worst_query [--minutes 5] [--seed 1] [--only TEXT]

It asks the catalogue that DATABASE_URL names (fill it: benchmarks/generate.py 100000 --fill), and writes nothing. It
makes requests at random from the grammar below, keeps the dearest, and changes a part of one of those in every second
try. Nothing is answered from a cache. Printed are the processor's seconds of a whole request (PostgreSQL's with ours)
and the request: the cheaper of two tries, since others use the machine too.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient
from django.test.utils import setup_test_environment

from benchmarks import set_up  # noqa: F401 - comes first
from benchmarks.compare import machine
from books.models.book import BookQuerySet
from books.search.pagination import Cursor, is_text

KEPT = 12  # of the dearest, from which others are made
LETTERS = list("aeiounsrtlmdkbpghfvzcwy1290")
BEGINNINGS = [a + b for a in "aeioustdl" for b in "aeinrtlh"] + "the der gen con man and ing ber 978 197 198".split()
WORDS = "the of and der die das und de la le in a life world garden history война мир и в العالم".split()
PAIRS = list("の心夜世中国的人一大한국이가") + "世界 物語 人生 中国 歴史 の夜 の心 한국 이야".split()
OTHERS = ["zzzz", "qwertyuiopasdfghjklx", "йцукенгшщзхъфывапрол", "٣", "é", "ﷺ", "गोदान", "ก", "x" * 60]
FIELDS = ["", "", "", "title:", "author:", "topic:", "isbn:", "lang:", "year:"]
YEARS = ["1501..1899", "1601..2000", "1900..1999", "-4000..2100", "..1950", "1850..", "1999", "2100..-4000"]
PATHS = ["/books/"] * 6 + ["/opds/books/", "/opds2/books/", "/topics/poetry/", "/authors/1/"]
FILTERS: dict[str, Callable[[random.Random], str]] = {
    "author": lambda chance: chance.choice(
        ["1", " ".join(chance.choices(LETTERS, k=chance.choice([1, 4, 60]))), "the"]
    ),
    "topic": lambda chance: chance.choice(["novels", "poetry", "nosuch", 'x" OR "y']),
    "language": lambda chance: chance.choice(["en", "ja", "en-gb", "xx"]),
    "year": lambda chance: chance.choice(YEARS[:-1]),
    "series": lambda chance: "The Garden",
    "isbn": lambda chance: "none",
    "sort": lambda chance: chance.choice(list(BookQuerySet.ORDERINGS)),
    "size": lambda chance: chance.choice(["1", "20", "100"]),
}
Request = tuple[str, str, tuple[tuple[str, str], ...]]  # path, Accept, parameters


def part(chance: random.Random) -> str:
    vocabulary = chance.choice([LETTERS, BEGINNINGS, WORDS, PAIRS, OTHERS])
    field, minus = chance.choice(FIELDS), chance.choice(["", "", "-"])
    if field == "year:":
        return f"{minus}year:{chance.choice(YEARS)}"
    if field == "lang:":
        return f"{minus}lang:{chance.choice(['en', 'ja', 'de', 'en-gb', 'qqq'])}"
    if chance.random() < 0.25:
        return f'{minus}{field}"{" ".join(chance.choices(vocabulary, k=chance.choice([2, 3, 20])))}"'
    return f"{minus}{field}{chance.choice(vocabulary)}"


def search(chance: random.Random) -> str:
    """Up to 200 characters: parts of one kind, or of all."""
    kind = chance.choice([part, lambda chance: chance.choice(["", "-"]) + chance.choice(LETTERS + BEGINNINGS)])
    return " ".join(kind(chance) for _ in range(chance.choice([1, 2, 3, 5, 10, 20, 40, 90])))[:200]


def cursor(chance: random.Random, parameters: dict[str, str]) -> dict[str, str]:
    ordering = BookQuerySet.ORDERINGS[parameters.get("sort") or ("relevance" if parameters.get("q") else "title")]
    key = [
        chance.choice(["", "m", "힣"]) if is_text(name) else chance.choice([0, 3, 50_000]) for name in ordering.columns
    ]
    return {chance.choice(["after", "before"]): Cursor.encode(ordering, key)}


def request(chance: random.Random) -> Request:
    if chance.random() < 0.05:
        path, query = chance.choice(["/authors/", "/opds/authors/"]), " ".join(chance.choices(LETTERS, k=90))
        return path, "text/html", (("q", query[: chance.choice([1, 20, 180])]), ("size", "100"))
    path = chance.choice(PATHS)
    parameters = {"q": search(chance)} if chance.random() < 0.9 else {}
    for name, make in FILTERS.items():
        if chance.random() < 0.2:
            parameters[name] = make(chance)
    if chance.random() < 0.2 and path != "/books.csv":
        parameters |= cursor(chance, parameters)
    return path, chance.choice(["text/html", "application/json"]), tuple(parameters.items())


def changed(before: Request, chance: random.Random) -> Request:
    """The same with another word, sign, filter or order."""
    path, accept, pairs = before
    parameters = dict(pairs)
    words = parameters.get("q", "").split()
    match chance.randrange(5):
        case 0 if words:
            words[chance.randrange(len(words))] = part(chance)
        case 1:
            words.insert(chance.randint(0, len(words)), part(chance))
        case 2 if words:
            words.pop(chance.randrange(len(words)))
        case 3:
            path, accept = chance.choice(PATHS), chance.choice(["text/html", "application/json"])
        case _:
            name = chance.choice(list(FILTERS))
            if parameters.pop(name, None) is None:
                parameters[name] = FILTERS[name](chance)
    if words:
        parameters["q"] = " ".join(words)[:200]
    return path, accept, tuple(parameters.items())


def database_seconds() -> float:
    """The processor time of this thread's connection to PostgreSQL."""
    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return machine.seconds_of({cursor.fetchone()[0]})


async def cost(client: AsyncClient, asked: Request) -> tuple[float, int]:
    """Seconds of the processor, status."""
    path, accept, parameters = asked
    of_database = await sync_to_async(database_seconds)()
    began = time.process_time()
    response: Any = await client.get(f"{path}?{urlencode(parameters)}", headers={"accept": accept})
    if response.streaming:
        async for _ in response:
            pass
    used = time.process_time() - began
    return used + await sync_to_async(database_seconds)() - of_database, response.status_code


async def search_on(minutes: float, seed: int, only: str) -> None:
    chance, client = random.Random(seed), AsyncClient()
    dearest: list[tuple[float, Request]] = []
    until, tries, statuses = time.monotonic() + 60 * minutes, 0, set()
    while time.monotonic() < until:
        asked = changed(chance.choice(dearest)[1], chance) if dearest and chance.random() < 0.5 else request(chance)
        if only and only not in asked[0]:
            continue
        seconds, status = await cost(client, asked)
        tries += 1
        statuses.add(status)
        if status == 200 and (len(dearest) < KEPT or seconds > dearest[-1][0]):
            seconds = min(seconds, (await cost(client, asked))[0])
            if asked not in [kept for _, kept in dearest]:
                dearest = sorted([*dearest, (seconds, asked)], reverse=True)[:KEPT]
    print(f"{connection.vendor}: {tries:,} requests, statuses {sorted(statuses)}")
    for seconds, (path, accept, parameters) in dearest:
        print(f"{seconds:6.2f} s   {accept:<17}{path}?{urlencode(parameters)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="paths with this text")
    options = parser.parse_args()
    setup_test_environment()
    asyncio.run(search_on(options.minutes, options.seed, options.only))


if __name__ == "__main__":
    main()
