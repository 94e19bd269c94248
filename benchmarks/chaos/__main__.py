import argparse
import asyncio
import os
import resource
import sys
import time

import uvloop

from benchmarks import chaos
from benchmarks.chaos import abuse, crowd, database, kill, leaks, reload, report, stop, streams
from benchmarks.chaos.catalogue import Options

SCENARIOS = {module.__name__.rpartition(".")[2]: module for module in (
    crowd, streams, leaks, stop, reload, kill, database, abuse,
)}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=chaos.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, for a first look")
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no scenario {', '.join(unknown)}: there are {', '.join(SCENARIOS)}")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for name in options.scenarios or SCENARIOS:
        scenario = SCENARIOS[name]
        title = (scenario.__doc__ or "").partition("\n")[0]
        print(f"\n{name}: {title} [{'PostgreSQL' if options.postgres else 'SQLite'}, load {os.getloadavg()[0]:.1f}]")
        began = time.monotonic()
        asyncio.run(scenario.run(Options(options.quick, options.postgres)), loop_factory=uvloop.new_event_loop)
        print(f"     {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    return report.missed


if __name__ == "__main__":
    sys.exit(min(main(), 1))
