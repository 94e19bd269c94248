"""What the machine's processors do, and for whom: read from /proc, in seconds."""

import os
from collections.abc import Iterator
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
BUSY = (0, 1, 2, 7)  # user, nice, system, steal: what an interrupt takes belongs to nobody


def busy_seconds() -> float:
    """Of all processors, for anybody, since the start."""
    numbers = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(int(numbers[at]) for at in BUSY) / TICK


def processes() -> Iterator[tuple[int, int, int, float]]:
    """(id, parent, group, seconds of processor) of each; the seconds with those of its children that have ended."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it just ended
                continue
            yield int(folder.name), int(fields[1]), int(fields[2]), sum(map(int, fields[11:15])) / TICK


def seconds_of(roots: set[int]) -> float:
    """What the processes of these groups have used, and the children of these processes."""
    return sum(seconds for pid, parent, group, seconds in processes() if {pid, parent, group} & roots)


def workers_of(group: int) -> list[int]:
    """The processes of a server that serve: all but the first, unless that is the only one."""
    members = [pid for pid, _, its_group, _ in processes() if its_group == group]
    return [pid for pid in members if pid != group] or members


def megabytes(pid: int, name: str = "Rss") -> float:
    """Resident memory; as Pss, what several processes share counts in part for each."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return int(dict(line.split(":") for line in lines)[name].split()[0]) / 1024
