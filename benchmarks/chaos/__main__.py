import sys

from benchmarks import chaos
from benchmarks.chaos import crowd, database, kill, scenarios, streams

if __name__ == "__main__":
    sys.exit(scenarios.run(chaos, (crowd, streams, kill, database)))
