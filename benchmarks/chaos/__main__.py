"""What a catalogue lives through: crowds, streams, kills, power cuts, a bad disk, a wrong clock, a database that
restarts, backups and restores; and whether anybody ever reads what is over.

    python -m benchmarks.chaos [SCENARIO…] [--quick] [--postgres]

Each scenario starts servers of its own on free ports of this machine, with folders and databases of their own, and
says what it measured beside what it aims at. `--postgres` makes a throwaway PostgreSQL cluster; the default is SQLite.
"""

import argparse
import asyncio
import os
import resource
import signal
import sys
import time
from importlib import import_module

import uvloop

from benchmarks.chaos import report
from benchmarks.chaos.catalogue import Options

SCENARIOS = "stale crowd streams kill power disk clock database crashing_import backup restore".split()


def main() -> int:
    """The exit status: 1 if an aim was missed."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m benchmarks.chaos", description=__doc__, formatter_class=formatter)
    parser.add_argument("scenarios", nargs="*", choices=SCENARIOS, default=SCENARIOS)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, for a first look")
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does, it ends the servers too
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is an open file
    for name in given.scenarios:
        scenario = import_module(f"benchmarks.chaos.{name}")
        options = Options(given.quick, given.postgres or name == "database")
        title = (scenario.__doc__ or "").partition("\n")[0]
        print(f"\n{name}: {title} [{options.kind}, load {os.getloadavg()[0]:.1f}]")
        began = time.monotonic()
        if (visits := scenario.run(options)) is not None:
            asyncio.run(visits, loop_factory=uvloop.new_event_loop)
        print(f"     {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    return min(report.missed, 1)


if __name__ == "__main__":
    sys.exit(main())
