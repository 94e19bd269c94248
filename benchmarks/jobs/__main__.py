import sys

from benchmarks import jobs
from benchmarks.chaos import scenarios
from benchmarks.jobs import beside, hosts, statuses, watchers

if __name__ == "__main__":
    sys.exit(scenarios.run(jobs, (statuses, watchers, beside, hosts)))
