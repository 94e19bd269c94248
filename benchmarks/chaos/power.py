"""The power fails at 200 moments of a server's life, from its first start on, while books and backups are written."""

import asyncio
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import Connection, new_key
from benchmarks.chaos.report import figure
from benchmarks.chaos.synced import STRACE, Call, Disk, calls
from tests.server.running import PROJECT, environment

WRITERS = 8
TITLE = "Powercut"  # how the titles of written books begin: no other book has the word
MEMORY = {".db", ".sqlite3-shm"}  # what the processes share, in no need of a disk: made anew at each start
Acknowledged = list[tuple[float, str, int]]  # when, title, version
Files = dict[Path, bytes]


async def run(options: Options) -> None:
    with tempfile.TemporaryDirectory() as name:
        traces, starts_at = Path(name), time.time()
        with serving(options, workers=2, under=f"{STRACE}{traces / 'trace'} ", BACKUPS="1") as catalogue:
            token = await asyncio.to_thread(catalogue.token)
            calm = await asyncio.to_thread(at_rest, catalogue.folder)
            loaded_at = time.time()
            acknowledged = await load(catalogue.port, token, options.scaled(60))
            moments = [random.uniform(starts_at, loaded_at) for _ in range(options.scaled(20))]
            moments += [random.uniform(loaded_at, time.time()) for _ in range(options.scaled(180))]
            os.killpg(catalogue.server.process.pid, signal.SIGTERM)  # strace itself holds out
            catalogue.server.wait()
            await asyncio.to_thread(cut_power, catalogue.folder, traces, sorted(moments), acknowledged, calm)


async def load(port: int, token: str, seconds: float) -> Acknowledged:
    acknowledged: Acknowledged = []
    until = time.time() + seconds
    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(write(Connection(port, token), number, until, acknowledged))
        while time.time() < until:
            await Connection(port, token).ask("POST", f"/jobs/{new_key()}/", b'{"kind": "backup"}')
            await asyncio.sleep(5)
    return acknowledged


async def write(connection: Connection, number: int, until: float, acknowledged: Acknowledged) -> None:
    """Books that are added, then changed."""
    count = 0
    while time.time() < until:
        count += 1
        title = f"{TITLE} {number} {count}"
        answer = await connection.add_book(title, new_key())
        if answer.status == 201:
            acknowledged.append((time.time(), title, 1))
            answer = await connection.ask("PATCH", answer.headers["location"], b'{"pages": 7}')
        if answer.status == 200:
            acknowledged.append((time.time(), title, 2))
        assert answer.status in {200, 503}, answer


def at_rest(folder: Path) -> tuple[float, Files]:
    """A moment at which nobody writes, while the server still has all files open, and these files."""
    while True:
        with suppress(FileNotFoundError):
            before, moment = files(folder), time.time()
            if files(folder) == before:
                return moment, before


def files(folder: Path) -> Files:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix not in MEMORY}


def cut_power(
    folder: Path, traces: Path, moments: list[float], acknowledged: Acknowledged, calm: tuple[float, Files]
) -> None:
    """Start again with what is left at each moment, and compare with what was acknowledged before.

    If a command wrote what no trace tells of, the replay up to the calm moment is not what was there then."""
    every = calls(traces)
    is_whole = is_replayed(folder, every, *calm)
    figure("the replay gives the files as they were", is_whole, aim="True", reached=is_whole)
    disk, found, lost, faults, backups = Disk(folder), iter(every), 0, Counter[str](), 0
    call = next(found)
    with starts() as restarted:
        for number, moment in enumerate(moments):
            while call.end <= moment:
                disk.replay(call)
                call = next(found)
            left = disk.left(random.Random(number) if number % 2 else None)
            state = restarted({path: content for path, content in left.items() if path.suffix not in MEMORY})
            before = {title: version for when, title, version in acknowledged if when <= moment}
            if "fault" in state:
                faults[state["fault"]] += 1
            else:
                lost += sum(state["written"].get(title, 0) < version for title, version in before.items())
                backups += state["backups"]
    counts = f"{lost} of up to {len(acknowledged):,} in each of {len(moments)} power cuts"
    figure("acknowledged writes lost", counts, aim="0", reached=not lost)
    figure("starts that were not clean", faults.total(), aim="0", reached=not faults)
    for fault, times in faults.most_common():
        print(f"     {times} times: {fault}")
    figure("backups that were there, whole", backups)


def is_replayed(folder: Path, every: list[Call], moment: float, there: Files) -> bool:
    disk = Disk(folder)
    for call in itertools.takewhile(lambda call: call.end <= moment, every):
        disk.replay(call)
    return all(there.get(path) == content for path, content in disk.whole() if path.suffix not in MEMORY)


@contextmanager
def starts() -> Iterator[Callable[[dict[Path, bytes]], dict[str, Any]]]:
    """What tells what a start finds with these files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "now"
        given = {
            "DATABASE_URL": f"sqlite:///{folder / 'catalogue.sqlite3'}",
            "SECRET_KEY": "not that of VAR_DIR",
            "DJANGO_SETTINGS_MODULE": "django41_example.settings",
        }
        program = [sys.executable, "-m", "benchmarks.chaos.restart"]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        with subprocess.Popen(program, cwd=PROJECT, env=environment(folder, given), **pipes) as process:

            def restarted(files: dict[Path, bytes]) -> dict[str, Any]:
                shutil.rmtree(folder, ignore_errors=True)
                for path, content in files.items():
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(content)
                print(file=process.stdin, flush=True)
                state: dict[str, Any] = json.loads(process.stdout.readline())
                return state

            yield restarted
            process.stdin.close()
