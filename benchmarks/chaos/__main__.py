import argparse
import asyncio
import os
import resource
import sys
import time

import uvloop

from benchmarks import chaos
from benchmarks.chaos import (
    backup,
    clock,
    crashing_import,
    crowd,
    database,
    disk,
    kill,
    power,
    report,
    restore,
    stale,
    streams,
)
from benchmarks.chaos.catalogue import Options

SCENARIOS = {
    module.__name__.rpartition(".")[2]: module
    for module in (stale, crowd, streams, kill, power, disk, clock, database, crashing_import, backup, restore)
}


def main() -> int:
    """The exit status: 1 if an aim was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos",
        description=chaos.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, for a first look")
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    if unknown := set(given.scenarios) - set(SCENARIOS):
        parser.error(f"no scenario {', '.join(unknown)}: there are {', '.join(SCENARIOS)}")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is an open file
    for name in given.scenarios or SCENARIOS:
        scenario = SCENARIOS[name]
        options = Options(given.quick, given.postgres or scenario is database)
        title = (scenario.__doc__ or "").partition("\n")[0]
        print(f"\n{name}: {title} [{options.kind}, load {os.getloadavg()[0]:.1f}]")
        began = time.monotonic()
        asyncio.run(scenario.run(options), loop_factory=uvloop.new_event_loop)
        print(f"     {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    return min(report.missed, 1)


if __name__ == "__main__":
    sys.exit(main())
