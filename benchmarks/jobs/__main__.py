import argparse
import asyncio
import os
import resource
import sys
import time

from benchmarks import jobs
from benchmarks.chaos import report
from benchmarks.chaos.catalogue import Options
from benchmarks.jobs import beside, hosts, statuses, watchers

SCENARIOS = {module.__name__.rpartition(".")[2]: module for module in (statuses, watchers, beside, hosts)}


def main() -> int:
    parser = argparse.ArgumentParser(description=jobs.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, for a first look")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--rows", type=int, default=0, help="of the imports, instead of what each scenario takes")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no scenario {', '.join(unknown)}: there are {', '.join(SCENARIOS)}")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for name in options.scenarios or SCENARIOS:
        scenario = SCENARIOS[name]
        title = (scenario.__doc__ or "").partition("\n")[0]
        engine = "PostgreSQL" if options.postgres or scenario is hosts else "SQLite"
        print(f"\n{name}: {title} [{engine}, load {os.getloadavg()[0]:.1f}]")
        began = time.monotonic()
        asyncio.run(scenario.run(Options(options.quick, options.postgres), options.rows))
        print(f"     {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    return report.missed


if __name__ == "__main__":
    sys.exit(min(main(), 1))
