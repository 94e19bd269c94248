"""What processes use, read from /proc."""

import os
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def seconds_of(roots: set[int]) -> float:
    """What the processes of these groups have used, and the children of these processes."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it just ended
            pid, _, rest = stat.read_text().partition(" (")
            fields = rest.rpartition(") ")[2].split()
            if {int(pid), int(fields[1]), int(fields[2])} & roots:  # itself, its parent, its group
                ticks += sum(map(int, fields[11:15]))
    return ticks / TICK


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
