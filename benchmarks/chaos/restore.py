"""kill -9 at 20 random moments of a restore: the catalogue is as it was, or whole."""

import random
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from benchmarks.chaos.catalogue import Options, database, digests, fill
from benchmarks.chaos.report import figure
from tests.server.place import Place

BOOKS, KILLS = 2000, 20


def run(options: Options) -> None:
    with TemporaryDirectory() as name, TemporaryDirectory() as other, database(options, Path(other)) as url:
        folder = Path(name)
        full, target = Place(folder, f"sqlite:///{folder}/full.sqlite3"), Place(Path(other), url)
        fill(full, BOOKS)
        full.manage("backup", f"{folder}/full.zip")
        target.manage("migrate", "-v0")
        target.token()
        target.manage("backup", f"{folder}/before.zip")
        before, after = digests(target), digests(full)
        seconds, found = killed_after(target, folder / "full.zip", 60), list[str]()
        while len(found) < options.scaled(KILLS):
            if digests(target) != before:
                target.manage("flush", "--noinput", "-v0")
                target.manage("restore", f"{folder}/before.zip")
            moment = random.uniform(0, seconds)
            was_killed = killed_after(target, folder / "full.zip", moment) >= moment  # else it had ended before
            wait_for_server(url)
            found += [digests(target)] if was_killed else []
        kept, whole = found.count(before), found.count(after)
        told = f"{kept} as it was, {whole} already whole, {len(found) - kept - whole} in between"
        figure(f"{len(found)} restores of {BOOKS:,} books killed", told, aim="0", reached=kept + whole == len(found))
        target.manage("restore", f"{folder}/full.zip")
        is_whole = digests(target) == after
        figure("restored whole after that", is_whole, aim="True", reached=is_whole)


def killed_after(target: Place, path: Path, seconds: float) -> float:
    """Kill a restore so long after it begins to write; the seconds that it had, fewer if it ended before."""
    process = target.begin("manage.py", "restore", str(path))
    assert process.stdout
    while "in place of" not in process.stdout.readline():
        assert process.poll() is None
    began = time.monotonic()
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    lasted = time.monotonic() - began
    process.kill()
    process.wait()
    return lasted


def wait_for_server(url: str) -> None:
    """PostgreSQL may still commit what it was told before the kill."""
    while url.startswith("postgres"):
        with psycopg.connect(url) as server:
            here = b"FROM pg_stat_activity WHERE datname = current_database()"
            if server.execute(b"SELECT COUNT(*) " + here).fetchone() == (1,):  # this connection
                return
        time.sleep(0.05)
