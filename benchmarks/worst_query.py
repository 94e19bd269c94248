"""The anonymous request that costs most, found by a search over the grammar of our own queries.

    DATABASE_URL=… python -m benchmarks.worst_query [--minutes 5] [--seed 1]

It asks the catalogue that DATABASE_URL names (fill it: benchmarks/generate.py 100000 --fill), and writes nothing. It
makes requests at random from the grammar below, keeps the dearest, and changes a part of one of those in every second
try. Nothing is answered from a cache. Printed are the processor's seconds of a whole request (PostgreSQL's with ours)
and the request: the cheaper of two tries, since others use the machine too.
"""

import argparse
import asyncio
import random
import time
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient

from benchmarks import machine, set_up  # comes first
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
FILTERS = {
    "author": ["1", "the", "a e i o", " ".join(LETTERS)],
    "topic": ["novels", "poetry", "nosuch", 'x" OR "y'],
    "language": ["en", "ja", "en-gb", "xx"],
    "year": YEARS[:-1],
    "series": ["The Garden"],
    "isbn": ["none"],
    "sort": list(BookQuerySet.ORDERINGS),
    "size": ["1", "20", "100"],
}
Request = tuple[str, str, tuple[tuple[str, str], ...]]  # path, Accept, parameters


def part(chance: random.Random) -> str:
    vocabulary = chance.choice([LETTERS, BEGINNINGS, WORDS, PAIRS, OTHERS])
    field, minus = chance.choice(FIELDS), chance.choice(["", "", "-"])
    if field in {"year:", "lang:"}:
        return f"{minus}{field}{chance.choice(YEARS if field == 'year:' else FILTERS['language'])}"
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
    for name, values in FILTERS.items():
        if chance.random() < 0.2:
            parameters[name] = chance.choice(values)
    if chance.random() < 0.2:
        parameters |= cursor(chance, parameters)
    return path, chance.choice(["text/html", "application/json"]), tuple(parameters.items())


def changed(before: Request, chance: random.Random) -> Request:
    """The same with a part of another: its path, a parameter of it, or one of its words among ours."""
    path, accept, pairs = before
    other_path, other_accept, other_pairs = request(chance)
    if chance.random() < 0.2:
        return other_path, other_accept, pairs
    parameters, (name, value) = dict(pairs), chance.choice(other_pairs or (("q", part(chance)),))
    if name == "q":
        words = parameters.get("q", "").split()
        place = chance.randint(0, len(words))
        words[place : place + chance.randint(0, 1)] = [part(chance)][: chance.randint(0, 3)]
        value = " ".join(words)[:200]
    elif name in parameters:
        del parameters[name]
        return path, accept, tuple(parameters.items())
    return path, accept, tuple({**parameters, name: value}.items())


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


async def search_on(minutes: float, seed: int) -> None:
    chance, client = random.Random(seed), AsyncClient()
    dearest: list[tuple[float, Request]] = []
    until, tries, statuses = time.monotonic() + 60 * minutes, 0, set()
    while time.monotonic() < until:
        asked = changed(chance.choice(dearest)[1], chance) if dearest and chance.random() < 0.5 else request(chance)
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
    options = parser.parse_args()
    set_up.for_requests()
    asyncio.run(search_on(options.minutes, options.seed))


if __name__ == "__main__":
    main()
