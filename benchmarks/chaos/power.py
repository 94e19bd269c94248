"""The power fails at 200 moments of a server's life, from its first start on, while books and backups are written."""

import asyncio
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import Connection, new_key
from benchmarks.chaos.report import figure
from benchmarks.chaos.synced import STRACE, Disk, calls
from benchmarks.chaos.visitors import visiting
from tests.server.place import Place

WRITERS = 8
MEMORY = {".db", ".sqlite3-shm"}  # what the processes share, in no need of a disk: made anew at each start


async def run(options: Options) -> None:
    with tempfile.TemporaryDirectory() as name:
        traces, starts_at = Path(name), time.time()
        with serving(options, workers=2, under=f"{STRACE}{traces / 'trace'} ", BACKUPS="1") as catalogue:
            token = await asyncio.to_thread(catalogue.token)
            loaded_at = time.time()
            async with visiting(catalogue.port, token, writers=WRITERS) as visits:
                while time.time() < loaded_at + options.scaled(60):
                    await Connection(catalogue.port, token).ask("POST", f"/jobs/{new_key()}/", b'{"kind": "backup"}')
                    await asyncio.sleep(5)
            moments = [random.uniform(starts_at, loaded_at) for _ in range(options.scaled(20))]
            moments += [random.uniform(loaded_at, time.time()) for _ in range(options.scaled(180))]
            os.killpg(catalogue.server.process.pid, signal.SIGTERM)  # strace itself holds out
            catalogue.server.wait()
            await asyncio.to_thread(cut_power, catalogue.folder, traces, sorted(moments), visits.written)


def cut_power(folder: Path, traces: Path, moments: list[float], written: dict[str, float]) -> None:
    """Start again with what is left at each moment, and compare with what was acknowledged before."""
    disk, found, lost, faults, backups = Disk(folder), iter(calls(traces)), 0, Counter[str](), 0
    call = next(found)
    for number, moment in enumerate(moments):
        while call.end <= moment:
            disk.replay(call)
            call = next(found)
        state = restarted(disk.left(random.Random(number) if number % 2 else None))
        if "fault" in state:
            faults[state["fault"]] += 1
        else:
            lost += len({title for title, at in written.items() if at <= moment} - {*state["written"]})
            backups += state["backups"]
    counts = f"{lost} of up to {len(written):,} in each of {len(moments)} power cuts"
    figure("acknowledged writes lost", counts, aim="0", reached=not lost)
    figure("starts that were not clean", faults.total(), aim="0", reached=not faults)
    for fault, times in faults.most_common():
        print(f"     {times} times: {fault}")
    figure("backups that were there, whole", backups)


def restarted(files: dict[Path, bytes]) -> dict[str, Any]:
    """What a start finds with these files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in files.items():
            if path.suffix not in MEMORY:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
        place = Place(folder, f"sqlite:///{folder / 'catalogue.sqlite3'}", SECRET_KEY="not that of VAR_DIR")
        state: dict[str, Any] = json.loads(place.run("-m", "benchmarks.chaos.restart"))
        return state
