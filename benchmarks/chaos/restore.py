"""kill -9 at 20 random moments of a restore: the catalogue is as it was, or whole."""

import asyncio
import random
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from benchmarks.chaos.catalogue import Options, Place, database
from benchmarks.chaos.report import figure

BOOKS, KILLS = 2000, 20


async def run(options: Options) -> None:
    await asyncio.to_thread(kill_restores, options)


def kill_restores(options: Options) -> None:
    with TemporaryDirectory() as name, TemporaryDirectory() as other, database(options, Path(other)) as url:
        folder = Path(name)
        full, target = Place(folder, f"sqlite:///{folder}/full.sqlite3"), Place(Path(other), url)
        full.run("benchmarks.chaos.contents", "fill", str(BOOKS), "40")
        full.manage("backup", f"{folder}/full.zip")
        target.manage("migrate", "-v0")
        target.token()
        target.manage("backup", f"{folder}/before.zip")
        before, after = target.digests(), full.digests()

        def begin_again() -> None:
            target.manage("flush", "--noinput", "-v0")
            target.manage("restore", f"{folder}/before.zip")
            assert target.digests() == before

        seconds, found = time_of(begun(target, folder / "full.zip")), list[str]()
        begin_again()
        while len(found) < options.scaled(KILLS):
            process = begun(target, folder / "full.zip")
            time.sleep(random.uniform(0, seconds))
            process.kill()
            was_killed = process.wait() != 0  # else it had ended before
            wait_for_server(url)
            left = target.digests()
            found += [left] if was_killed else []
            if left != before:
                begin_again()
        kept, whole = found.count(before), found.count(after)
        told = f"{kept} as it was, {whole} already whole, {len(found) - kept - whole} in between"
        figure(f"{len(found)} restores of {BOOKS:,} books killed", told, aim="0", reached=kept + whole == len(found))
        target.manage("restore", f"{folder}/full.zip")
        is_whole = target.digests() == after
        figure("restored whole after that", is_whole, aim="True", reached=is_whole)


def begun(target: Place, path: Path) -> "subprocess.Popen[str]":
    """A restore that begins to write now."""
    process = target.start("restore", str(path))
    assert process.stdout
    while "in place of" not in process.stdout.readline():
        assert process.poll() is None
    return process


def time_of(process: "subprocess.Popen[str]") -> float:
    began = time.monotonic()
    assert not process.wait()
    return time.monotonic() - began


def wait_for_server(url: str) -> None:
    """PostgreSQL may still commit what it was told before the kill."""
    while url.startswith("postgres"):
        with psycopg.connect(url) as server:
            here = b"FROM pg_stat_activity WHERE datname = current_database()"
            if server.execute(b"SELECT COUNT(*) " + here).fetchone() == (1,):  # this connection
                return
        time.sleep(0.05)
