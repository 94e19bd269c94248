"""A catalogue of one's own to be rough with: its server, database and commands."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests import postgres
from tests.server.catalogue import Catalogue
from tests.server.place import Place
from tests.server.running import PLAIN, SLOW_SITE

READY = 2.0  # seconds that workers take after the first of them answers


@dataclass(frozen=True)
class Options:
    quick: bool = False
    postgres: bool = False

    @property
    def kind(self) -> str:
        return "PostgreSQL" if self.postgres else "SQLite"

    def scaled(self, number: int) -> int:
        return max(1, number // 10) if self.quick else number


class Used(NamedTuple):
    """By a command."""

    seconds: float
    processor: float
    megabytes: int

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s, {self.processor:.1f} s of processor time, {self.megabytes} MB of memory"


def measured(place: Place, *command: str) -> Used:
    began = time.monotonic()
    process = place.begin("manage.py", *command)
    assert process.stdout
    told = process.stdout.read()
    _, process.returncode, used = os.wait4(process.pid, 0)
    assert not process.returncode, told
    return Used(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss >> 10)


def fill(place: Place, books: int) -> None:
    """With so many books, and a picture for every fiftieth of them."""
    place.run("-m", "benchmarks.generate", str(books), "--fill", "--pictures", str(books // 50))


def digests(place: Place) -> str:
    """Of its CSV, and of all rows that a backup has."""
    return place.run("-m", "benchmarks.chaos.digests")


@contextmanager
def serving(
    options: Options, *, workers: int = 4, under: str = "", on: Path | None = None, **variables: str
) -> Iterator[Catalogue]:
    """A server, maybe under another program, or on another disk."""
    command = PLAIN.replace("-w 4", f"-w {workers}")
    with tempfile.TemporaryDirectory(dir=on, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "tmp").mkdir()
        with database(options, folder) as url:
            catalogue = Catalogue(folder, url, command, under, **SLOW_SITE, TMPDIR=f"{folder}/tmp", **variables)
            try:
                time.sleep(READY)
                yield catalogue
            except BaseException:
                print(catalogue.server.log()[-4000:])
                raise
            finally:
                catalogue.server.kill()


@contextmanager
def database(options: Options, folder: Path) -> Iterator[str]:
    if not options.postgres:
        yield f"sqlite:///{folder / 'catalogue.sqlite3'}"
        return
    binaries = postgres.find_binaries()
    if binaries is None:
        sys.exit(postgres.MISSING)
    with postgres.throwaway_cluster(binaries) as url:
        yield url
