"""One measurement: wrk for some seconds, and whether the processors were ours meanwhile."""

import re
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare import machine

SCRIPT = Path(__file__).with_name("load.lua")
CONNECTIONS = 16
# Seconds of processor in each second that others may use, before a measurement counts as disturbed.
OTHERS_MAY_USE = 0.1


class WrongAnswer(Exception):
    """A server that does not do the same work is not compared."""


@dataclass(frozen=True)
class Measured:
    rate: float  # requests a second
    size: float  # bytes of an answer, head included
    cost: float  # seconds of processor that server and database used for a request
    others: float  # processors that other programs used

    @property
    def is_disturbed(self) -> bool:
        return self.others > OTHERS_MAY_USE


def need_wrk() -> None:
    if not shutil.which("wrk"):
        sys.exit("wrk is missing. To get it: apt-get install wrk (Debian), brew install wrk (macOS).")


def wrk(url: str, *arguments: str, seconds: int, headers: dict[str, str]) -> list[str]:
    """The command; the arguments are those of load.lua."""
    told = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    return ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT), *told, url, "--", *arguments]


def figures(told: str) -> tuple[float, ...]:
    found = re.search(r"^FIGURES (\d+) (\d+) (\d+) (\d+) (\d+)$", told, re.MULTILINE)
    if not found:
        raise WrongAnswer(f"wrk says: {told}")
    return tuple(map(float, found.groups()))


def measure(command: list[str], ours: set[int]) -> Measured:
    """What wrk finds; `ours` are the processes that are part of it. Raises WrongAnswer if any answer was an error."""
    before = machine.busy_seconds() - children(), machine.seconds_of(ours)
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = machine.busy_seconds() - children(), machine.seconds_of(ours)
    requests, size, microseconds, refused, broken = figures(told)
    if refused or broken or not requests:
        raise WrongAnswer(f"{refused:.0f} of {requests:.0f} answers were errors, {broken:.0f} connections broke")
    seconds, used = microseconds / 1e6, after[1] - before[1]
    others = max(0.0, after[0] - before[0] - used) / seconds
    return Measured(requests / seconds, size / requests, used / requests, others)


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
