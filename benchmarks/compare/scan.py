"""Somebody asks for N different addresses, while others ask for one: what the others and the memory notice."""

import subprocess
import time
from pathlib import Path

from benchmarks.chaos.report import figure
from benchmarks.compare import load
from benchmarks.compare.scenarios import BEYOND_ALL, JSON
from benchmarks.compare.serving import Running, running, shelf
from benchmarks.compare.stacks import STACKS

SCANNERS, HOT = 8, 8  # connections
LOOK = 2  # seconds of each look at the rate
HALF, MAY_GROW = 0.5, 1.1  # of the rate before; times the memory with a full store
FULL = 5000  # answers, with which every store is full


class Scanner:
    """Asks for addresses that nobody has asked for, so many as it can."""

    def __init__(self, server: Running, file: Path) -> None:
        self.server, self.file, self.next = server, file, BEYOND_ALL

    def start(self, seconds: int) -> subprocess.Popen[str]:
        numbers = range(self.next, self.next + 20_000 * seconds)
        after = self.server.stack.after
        self.file.write_text("".join(f"{after(number)}\n" for number in numbers))
        arguments = ["distinct", str(self.file)]
        command = load.wrk(self.server.url, *arguments, seconds=seconds, headers=JSON, connections=SCANNERS)
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def finish(self, process: subprocess.Popen[str]) -> int:
        """How many addresses it asked for."""
        told, _ = process.communicate()
        requests, _, _, refused, broken, _ = load.figures(told)
        if refused or broken:
            raise load.WrongAnswer(f"{refused:.0f} answers were errors, {broken:.0f} connections broke")
        self.next += int(requests)
        return int(requests)


def hot_rate(server: Running) -> float:
    path = server.url + server.stack.json_path
    return load.measure(load.wrk(path, "same", seconds=LOOK, headers=JSON, connections=HOT), set()).rate


def scan(database: str, workers: int, count: int) -> None:
    ours = next(stack for stack in STACKS if stack.name == "ours")
    with shelf(database) as books, running(ours, books, workers) as server:
        scanner = Scanner(server, books.folder / "addresses")
        hot_rate(server)
        before, began, seen = hot_rate(server), time.monotonic(), 0
        during: list[float] = []
        memory: list[tuple[int, float]] = []
        while seen < count:
            process = scanner.start(LOOK)
            during.append(hot_rate(server))
            seen += scanner.finish(process)
            memory.append((seen, server.megabytes()))
        seconds, after = time.monotonic() - began, hot_rate(server)
    figure(f"{seen:,} different addresses", f"{seconds:.0f} s [{database}, {workers} workers]")
    told = f"{before:,.0f}/s before, {min(during):,.0f} to {max(during):,.0f} meanwhile, {after:,.0f} after"
    figure("the rate of the one address", told, aim="after: ≥ half", reached=after >= before * HALF)
    tell_memory(memory)


def tell_memory(memory: list[tuple[int, float]]) -> None:
    """Megabytes by the number of addresses asked for."""
    late = memory[-1][1]
    full = [megabytes for number, megabytes in memory if number >= FULL]
    if len(full) > 1:
        told = f"{full[0]:.0f} MB with a full store, {late:.0f} at the end"
        figure("memory of a worker", told, aim="no growth", reached=late <= full[0] * MAY_GROW)
    else:
        figure("memory of a worker", f"{memory[0][1]:.0f} MB, then {late:.0f}: too few addresses to fill the store")
