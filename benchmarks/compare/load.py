"""One measurement: wrk for some seconds, and what the processors did for it."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine

SCRIPT = Path(__file__).with_name("load.lua")
CONNECTIONS = 16


class WrongAnswer(Exception):
    """A server that does not do the same work is not compared."""


class Measured(NamedTuple):
    rate: float  # requests a second
    cost: float  # seconds of processor that server and database used for a request


def measure(url: str, *arguments: str, seconds: int, headers: dict[str, str], ours: set[int]) -> Measured:
    """What wrk finds; the arguments are those of load.lua, `ours` the processes that are part of it.

    Raises WrongAnswer if any answer was an error.
    """
    told = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT), *told, url, "--", *arguments]
    before = machine.seconds_of(ours)
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used = machine.seconds_of(ours) - before
    found = re.search(r"^FIGURES (\d+) (\d+) (\d+)$", output, re.MULTILINE)
    requests, microseconds, errors = map(int, found.groups()) if found else (0, 0, 0)
    if errors or not requests:
        raise WrongAnswer(f"{errors} of {requests} answers were errors: {output}")
    return Measured(requests / microseconds * 1e6, used / requests)
