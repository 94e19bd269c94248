"""What processes use, read from /proc."""

import os
from collections.abc import Iterator
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def processes() -> Iterator[tuple[set[int], float]]:
    """The id, parent and group of each, and its seconds of processor with those of its children that have ended."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it just ended
                continue
            yield {int(folder.name), int(fields[1]), int(fields[2])}, sum(map(int, fields[11:15])) / TICK


def seconds_of(roots: set[int]) -> float:
    """What the processes of these groups have used, and the children of these processes."""
    return sum(seconds for family, seconds in processes() if family & roots)


def status(pid: int) -> dict[str, int]:
    """The numbers that the kernel tells of a process, such as Threads; empty if it is gone. Memory is in KiB."""
    try:
        lines = [line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
        lines += [line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]]
    except OSError:
        return {}
    return {line[0].rstrip(":"): int(line[1]) for line in lines if len(line) > 1 and line[1].isdigit()}


def megabytes(pid: int, name: str = "VmRSS") -> float:
    """Resident memory; as VmHWM the most so far; as Pss, what several processes share counts in part for each."""
    return status(pid).get(name, 0) / 1024
