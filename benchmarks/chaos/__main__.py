import sys

from benchmarks import chaos
from benchmarks.chaos import crowd, database, kill, power, scenarios, streams

if __name__ == "__main__":
    sys.exit(scenarios.run(chaos, (crowd, streams, kill, power, database)))
