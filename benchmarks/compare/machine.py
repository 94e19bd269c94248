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
    """(id, parent, group, seconds of processor) of each."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it just ended
                continue
            yield int(folder.name), int(fields[1]), int(fields[2]), (int(fields[11]) + int(fields[12])) / TICK


def seconds_of(roots: set[int]) -> float:
    """What the processes of these groups have used, and the children of these processes."""
    return sum(seconds for pid, parent, group, seconds in processes() if {pid, parent, group} & roots)


def workers_of(group: int) -> list[int]:
    """The processes of a server that serve: all but the first, unless that is the only one."""
    members = [pid for pid, _, its_group, _ in processes() if its_group == group]
    return [pid for pid in members if pid != group] or members


def megabytes(pid: int) -> float:
    """Resident memory."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) / 1024
