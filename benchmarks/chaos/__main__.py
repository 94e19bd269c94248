import sys

from benchmarks import chaos
from benchmarks.chaos import abuse, crowd, database, kill, leaks, reload, scenarios, stop, streams

if __name__ == "__main__":
    sys.exit(scenarios.run(chaos, (crowd, streams, leaks, stop, reload, kill, database, abuse)))
