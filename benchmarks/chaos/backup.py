"""100,000 books and 2,000 pictures are backed up while people read and write; then they move to the other database.

As many pictures lie in files of jobs as covers would. A fifth of all that shows whether the memory stays flat. Three
backups are made of each catalogue, between times without one: the latencies are their medians.
"""

import asyncio
import json
import statistics
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.chaos.catalogue import Options, Used, database, digests, fill, measured, serving
from benchmarks.chaos.report import answers, figure, percentile
from benchmarks.chaos.visitors import TITLE, visiting
from tests.server.catalogue import Catalogue
from tests.server.place import Place

QUIET = 20.0  # seconds of reading without a backup, before each
TIMES = 3
READERS = 2


async def run(options: Options) -> None:
    megabytes = list[list[int]]()
    for books in (options.scaled(20_000), options.scaled(100_000)):
        with serving(options, workers=1, STARTER_BOOKS="0", WORK="0") as catalogue, TemporaryDirectory() as name:
            await asyncio.to_thread(fill, catalogue, books)
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
    async with visiting(catalogue.port, token, readers=READERS, writers=1) as visits:
        for number in range(TIMES):
            await asyncio.sleep(QUIET)
            quiet.append(p99(visits.latencies))
            path, before = folder / f"{number}.zip", len(visits.written)
            used = await asyncio.to_thread(measured, catalogue, "backup", str(path))
            busy.append(p99(visits.latencies))
            made.append((path, used, before, len(visits.written) + 1))
    answers("answers meanwhile", visits.seen)
    for path, used, before, after in made:
        figure("backup", used)
        books, written, is_one = one_moment(path)
        told = f"{books:,} books, {written} of those written: {before} acknowledged before it, {after} begun by its end"
        figure("is one moment", told, aim="yes", reached=is_one and before <= written <= after)
    times = statistics.median(busy) / statistics.median(quiet)
    p99s = [", ".join(f"{seconds * 1000:.0f}" for seconds in found) for found in (busy, quiet)]
    figure("readers' p99", f"{p99s[0]} ms; quiet {p99s[1]} ms: {times:.2f} ×", aim="≤ 2 × quiet", reached=times <= 2)
    return max(used.megabytes for _, used, *_ in made)


def move(options: Options, catalogue: Catalogue, path: Path) -> list[int]:
    """By the commands that an operator types: to the other database and back. The megabytes that each restore takes."""
    contents, megabytes = [digests(catalogue)], list[int]()
    for target in (Options(options.quick, postgres=not options.postgres), options):
        with TemporaryDirectory() as name, database(target, Path(name)) as url:
            place = Place(Path(name), url)
            used = measured(place, "restore", str(path))
            contents.append(digests(place))
            megabytes.append(used.megabytes)
            figure(f"restored on {target.kind}", used)
            place.manage("backup", str(path))
    csvs, everything = map(set, zip(*map(str.split, contents), strict=True))
    figure("its CSV, there and back", f"{len(csvs)} different", aim="1", reached=len(csvs) == 1)
    figure("all of its rows, there and back", f"{len(everything)} different", aim="1", reached=len(everything) == 1)
    return megabytes


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
    numbers = sorted(int(title.split()[-1]) for title, _ in books.values() if title.startswith(TITLE))
    is_beginning = numbers == list(range(1, len(numbers) + 1))
    is_history = all(changes.get(pk, 1) == version for pk, (_, version) in books.items())
    return len(books), len(numbers), is_beginning and is_history
