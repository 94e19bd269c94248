"""100,000 books and 2,000 pictures are backed up while people read and write; then they move to the other database.

As many pictures lie in files of jobs as covers would. A fifth of all that shows whether the memory stays flat. Three
backups are made of each catalogue, between times without one: the latencies are their medians.
"""

import asyncio
import json
import random
import statistics
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.chaos.catalogue import Catalogue, Options, Place, Used, database, serving
from benchmarks.chaos.client import Connection, new_key
from benchmarks.chaos.report import figure, percentile

WORDS = "the kokoro war peace sea night tower letters garden winter".split()
QUIET = 20.0  # seconds of reading without a backup, before each and after it
TIMES = 3
READERS = 2


async def run(options: Options) -> None:
    megabytes = list[list[int]]()
    for books in (options.scaled(20_000), options.scaled(100_000)):
        with serving(options, workers=1, STARTER_BOOKS="0", WORK="0") as catalogue, TemporaryDirectory() as name:
            await asyncio.to_thread(catalogue.run, "benchmarks.chaos.contents", "fill", str(books), str(books // 50))
            path = Path(name) / "backup.zip"
            most = await beside_readers(catalogue, Path(name))
            catalogue.manage("backup", str(path))  # of what nobody changes any more
            megabytes.append([most, *move(options, catalogue, path)])
    for what, less, more in zip(("backup", "restore", "restore back"), *megabytes, strict=True):
        figure(f"memory of a {what}", f"{less} and {more} MB", aim="flat", reached=more - less < 10)


async def beside_readers(catalogue: Catalogue, folder: Path) -> int:
    """The megabytes of backups that are made while people read and write."""
    token, quiet, busy = await asyncio.to_thread(catalogue.token), list[float](), list[float]()
    made = list[tuple[Path, Used, int, int]]()
    async with load(catalogue.port, token) as (latencies, acknowledged):
        for number in range(TIMES):
            await asyncio.sleep(QUIET)
            quiet.append(p99(latencies))
            path, before = folder / f"{number}.zip", len(acknowledged)
            used = await asyncio.to_thread(catalogue.measured, "backup", str(path))
            busy.append(p99(latencies))
            made.append((path, used, before, len(acknowledged) + 1))
        await asyncio.sleep(QUIET)
        quiet.append(p99(latencies))
    for path, used, before, after in made:
        figure("backup", used)
        books, written, is_one = one_moment(path)
        told = f"{books:,} books, {written} of those written: {before} acknowledged before it, {after} begun by its end"
        figure("is one moment", told, aim="yes", reached=is_one and before <= written <= after)
    times = statistics.median(busy) / statistics.median(quiet)
    told = [", ".join(f"{seconds * 1000:.0f}" for seconds in found) for found in (busy, quiet)]
    figure("readers' p99", f"{told[0]} ms; quiet {told[1]} ms: {times:.2f} ×", aim="≤ 2 × quiet", reached=times <= 2)
    return max(used.megabytes for _, used, *_ in made)


def move(options: Options, catalogue: Catalogue, path: Path) -> list[int]:
    """By the commands that an operator types: to the other database and back. The megabytes that each restore takes."""
    digests, megabytes = [catalogue.digests()], list[int]()
    for target in (options.other(), options):
        with TemporaryDirectory() as name, database(target, Path(name)) as url:
            place = Place(Path(name), url)
            used = place.measured("restore", str(path))
            digests.append(place.digests())
            megabytes.append(used.megabytes)
            figure(f"restored on {target.kind}", used)
            place.manage("backup", str(path))
    csvs, everything = map(set, zip(*map(str.split, digests), strict=True))
    figure("its CSV, there and back", f"{len(csvs)} different", aim="1", reached=len(csvs) == 1)
    figure("all of its rows, there and back", f"{len(everything)} different", aim="1", reached=len(everything) == 1)
    return megabytes


@asynccontextmanager
async def load(port: int, token: str) -> AsyncIterator[tuple[list[float], list[str]]]:
    """The seconds of searches, and the titles of numbered books that are added: both grow."""
    latencies, acknowledged = list[float](), list[str]()

    async def read() -> None:
        connection = Connection(port)
        while True:
            began = time.monotonic()
            answer = await connection.ask("GET", f"/books/?q={random.choice(WORDS)}&size={random.randint(1, 100)}")
            assert answer.status == 200, answer
            latencies.append(time.monotonic() - began)
            await asyncio.sleep(0.02)

    async def write() -> None:
        connection = Connection(port, token)
        while True:
            title = f"Written {len(acknowledged) + 1}"
            answer = await connection.add_book(title, new_key())
            assert answer.status == 201, answer
            acknowledged.append(title)
            await asyncio.sleep(0.05)

    tasks = [asyncio.create_task(work) for work in (*(read() for _ in range(READERS)), write())]
    try:
        yield latencies, acknowledged
        assert not any(task.done() for task in tasks), tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def p99(latencies: list[float]) -> float:
    """Of those until now, which do not count again."""
    found = percentile(latencies)
    latencies.clear()
    return found


def one_moment(path: Path) -> tuple[int, int, bool]:
    """Its books, those of them that were written beside it, and whether it is a beginning of what was written: no book
    is missing before the last, and each has the version that its history says."""
    with zipfile.ZipFile(path) as file:
        books = {row["id"]: (row["title"], row["version"]) for row in map(json.loads, file.open("books.book.jsonl"))}
        changes = {row["book_id"]: row["version"] for row in map(json.loads, file.open("books.change.jsonl"))}
    numbers = sorted(int(title.split()[1]) for title, _ in books.values() if title.startswith("Written "))
    is_beginning = numbers == list(range(1, len(numbers) + 1))
    is_history = all(changes.get(pk, 1) == version for pk, (_, version) in books.items())
    return len(books), len(numbers), is_beginning and is_history
