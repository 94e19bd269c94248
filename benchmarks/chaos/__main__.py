import sys

from benchmarks import chaos
from benchmarks.chaos import clock, crowd, database, disk, kill, power, scenarios, streams

if __name__ == "__main__":
    sys.exit(scenarios.run(chaos, (crowd, streams, kill, power, disk, clock, database)))
