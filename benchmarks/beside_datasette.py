"""The same books asked of this catalogue and of Datasette, over HTTP and in turns: for `scaling.py --datasette`.

Datasette has them in a table with indexes by title, language and year, and a full-text table beside it, made as its
documentation says. Both have one process, and make each answer anew: no address comes twice. Facets are asked twice: as
many as our page has, page beside page; and our page beside one facet of Datasette's as JSON. So is a search: the best
first, which Datasette does not know and gives in the order of ids; and both in that order. Words are of spaced
scripts, which Datasette finds, and their beginnings are enough. Its limits of time are as they come; what they cut
short is told.
"""

import asyncio
import http.client
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from opening import free_port, wait_until_open

ROOT = Path(__file__).resolve().parents[1]
OWN, PEERS = Path(sys.executable).parent, ROOT / ".venv-bench/bin"
# Names in a JSON array, as Datasette counts them.
ARRAY = """CASE {0} WHEN '' THEN '[]' ELSE '["' || replace({0}, char(10), '","') || '"]' END"""
TABLE = f"""
    CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, subtitle TEXT, authors TEXT, isbn13 TEXT, publisher TEXT,
        published_year INTEGER, language TEXT, pages INTEGER, description TEXT, series TEXT, topics TEXT);
    INSERT INTO books SELECT id, title, subtitle, {ARRAY.format("author_names")}, isbn13, publisher,
        published_year, language, pages, description, nullif(series, ''), {ARRAY.format("topic_names")}
        FROM ours.books_book;
    CREATE INDEX books_by_title ON books (title);
    CREATE INDEX books_by_language ON books (language);
    CREATE INDEX books_by_year ON books (published_year);
    CREATE VIRTUAL TABLE books_fts USING fts5 (title, subtitle, authors, description, series, content='books');
    INSERT INTO books_fts (rowid, title, subtitle, authors, description, series)
        SELECT rowid, title, subtitle, authors, description, series FROM books;
"""
FACETS = [("_facet", "language"), ("_facet", "published_year"), ("_facet", "series")]
FACETS += [("_facet_array", "topics"), ("_facet_array", "authors")]
JSON, PAGE = "application/json", "text/html"
LANGUAGES = "en de fr es ru ja zh ko ar el hi".split()
WARM_UP = 5  # requests of each kind that are not counted


class Asked(NamedTuple):
    """One question to both: the address here and there, and the kind of answer."""

    ours: str
    theirs: str
    accept: str = JSON


class Compared(NamedTuple):
    """Milliseconds of each answer, and how many of Datasette's were cut short."""

    ours: list[float]
    theirs: list[float]
    cut: int


def ours(**query: object) -> str:
    return f"/books/?{urlencode(query)}"


def theirs(*pairs: tuple[str, object], kind: str = ".json") -> str:
    return f"/books/books{kind}?{urlencode([('_size', 20), ('_shape', 'objects'), *pairs])}"


def a_list(chance: random.Random) -> Asked:
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=3))
    place = ("_next", f"{letters.title()},1")
    return Asked(ours(sort="title", after=cursor(letters)), theirs(("_sort", "title"), place))


def a_filter(chance: random.Random) -> Asked:
    language, (years, between) = chance.choice(LANGUAGES), span(chance)
    among = [("language", language), *between, ("_sort", "title")]
    return Asked(ours(language=language, year=years, sort="title"), theirs(*among))


def facets(chance: random.Random) -> Asked:
    years, between = span(chance)
    return Asked(ours(year=years, sort="title"), theirs(*between, *FACETS, kind=""), PAGE)


def one_facet(chance: random.Random) -> Asked:
    years, between = span(chance)
    return Asked(ours(year=years, sort="-title"), theirs(*between, FACETS[0]), PAGE)


def span(chance: random.Random) -> tuple[str, list[tuple[str, object]]]:
    """Some years, in our spelling and in theirs."""
    first = chance.randint(1850, 2015)
    last = first + chance.randint(0, 40)
    return f"{first}..{last}", [("published_year__gte", first), ("published_year__lte", last)]


def search_in(sort: str, words: list[str]) -> Callable[[random.Random], Asked]:
    def search(chance: random.Random) -> Asked:
        some = chance.sample(words, chance.choice([1, 2, 2]))
        raw = [("_search", " ".join(f"{word}*" for word in some)), ("_searchmode", "raw")]
        return Asked(ours(q=" ".join(some), sort=sort), theirs(*raw))

    return search


def questions(words: list[str]) -> dict[str, Callable[[random.Random], Asked]]:
    return {
        "list": a_list,
        "filter": a_filter,
        "facets, five of both": facets,
        "facets, one of Datasette's": one_facet,
        "search, ours the best first": search_in("relevance", words),
        "search, both by id": search_in("added", words),
    }


def cursor(letters: str) -> str:
    from books.models.book import BookQuerySet
    from books.search.pagination import Cursor

    return Cursor.encode(BookQuerySet.ORDERINGS["title"], [letters, 1])


def words() -> list[str]:
    from benchmarks.generate import TONGUES

    return sorted(
        {word for tongue in TONGUES.values() if tongue.gap for word in tongue.common.split() if len(word) > 3}
    )


def compare(file: Path, rounds: int) -> dict[str, Compared]:
    """Ask both for the books in our file, in turns."""
    copy = file.with_name(f"{file.stem}.datasette.sqlite3")
    if not copy.exists():
        print("Making Datasette's table ...", flush=True)
        make_copy(file, copy)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        catalogue(file, Path(folder)) as us,
        datasette(copy, Path(folder)) as them,
    ):
        return {name: in_turns(us, them, ask, rounds) for name, ask in questions(words()).items()}


def make_copy(file: Path, copy: Path) -> None:
    unfinished = copy.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished)) as database:
        database.execute("ATTACH ? AS ours", [str(file)])
        database.executescript(TABLE)
    unfinished.rename(copy)


@contextmanager
def catalogue(file: Path, folder: Path) -> Iterator["Client"]:
    variables = {"DATABASE_URL": f"sqlite:///{file}", "VAR_DIR": str(folder), "WEB_CONCURRENCY": "1", "WORK": "0"}
    command = "gunicorn django41_example.asgi:application -k uvicorn.workers.UvicornWorker"
    with server(OWN, command, "/health_check/live/", variables, folder / "ours.log") as client:
        yield client


@contextmanager
def datasette(file: Path, folder: Path) -> Iterator["Client"]:
    named = folder / "books.db"  # its name is in the addresses
    named.symlink_to(file)
    command = f"datasette serve {named} -h 127.0.0.1 -p {{port}} --setting suggest_facets off"
    with server(PEERS, command, "/-/versions.json", {}, folder / "theirs.log") as client:
        yield client


@contextmanager
def server(tools: Path, command: str, path: str, variables: dict[str, str], log: Path) -> Iterator["Client"]:
    port = free_port()
    program, *arguments = command.format(port=port).split()
    environment = {**os.environ, "PORT": str(port), **variables}
    with log.open("wb") as written:
        process = subprocess.Popen(
            [tools / program, *arguments], cwd=ROOT, env=environment, stdout=written, stderr=written
        )
    try:
        asyncio.run(wait_until_open(port, path))
        with closing(Client(port)) as client:
            yield client
    except SystemExit:
        print(log.read_text(errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        process.terminate()
        process.wait(30)


class Client:
    """One connection, which stays open."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.close = self.connection.close

    def get(self, address: str, accept: str) -> tuple[float, int, bytes]:
        start = time.perf_counter()
        self.connection.request("GET", address, headers={"Accept": accept})
        answer = self.connection.getresponse()
        body = answer.read()
        return (time.perf_counter() - start) * 1000, answer.status, body


def in_turns(us: Client, them: Client, ask: Callable[[random.Random], Asked], rounds: int) -> Compared:
    chance, seen, found = random.Random(7), set[str](), Compared([], [], 0)
    cut = 0
    while len(seen) < rounds + WARM_UP:
        asked = ask(chance)
        if asked.ours in seen:
            continue
        seen.add(asked.ours)
        own, status, body = us.get(asked.ours, asked.accept)
        if status != 200:
            raise SystemExit(f"{asked.ours}: {status} {body[:300]!r}")
        their, status, body = them.get(asked.theirs, asked.accept)
        if len(seen) > WARM_UP:
            found.ours.append(own)
            found.theirs.append(their)
            cut += status != 200 or is_cut_short(body)
    return found._replace(cut=cut)


def is_cut_short(body: bytes) -> bool:
    """Whether a facet is missing."""
    return bool(json.loads(body).get("facets_timed_out")) if body[:1] == b"{" else b"timed out" in body


def report(size: int, results: dict[str, Compared]) -> None:
    title = f"{size:,} books: median / p95, ms"
    print(f"{title:<36}{'this catalogue':>20}{'Datasette':>20}{'times':>14}{'cut short':>11}")
    for name, found in results.items():
        middles, ends = [[how(times) for times in found[:2]] for how in (statistics.median, p95)]
        cells = "".join(f"{middle:>11.1f} /{end:>7.1f}" for middle, end in zip(middles, ends, strict=True))
        print(f"{name:<36}{cells}{middles[1] / middles[0]:>7.1f}{ends[1] / ends[0]:>7.1f}{found.cut:>11}")


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
