"""The clock jumps an hour forward, then two back, while a job runs: books, jobs and workers go on."""

import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import book, new_key
from benchmarks.chaos.report import counts, figure
from tests.server.owner import ENDED, Owner

# Preloaded: the time of day is that of the machine, and as many seconds more as a file says.
LIBRARY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (clock == CLOCK_REALTIME) {
        long more = 0;
        FILE *file = fopen(getenv("CLOCK_OFFSET"), "r");
        if (file) { if (fscanf(file, "%ld", &more) != 1) more = 0; fclose(file); }
        now->tv_sec += more;
    }
    return failed;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec, now->tv_usec = found.tv_nsec / 1000;
    return 0;
}
"""
WATCHED = 65  # seconds: gunicorn kills a worker that is silent for a minute


def run(options: Options) -> None:
    with tempfile.TemporaryDirectory() as name:
        library, offset = Path(name) / "clock.so", Path(name) / "offset"
        compiler = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library, "-ldl"]
        subprocess.run(compiler, input=LIBRARY, text=True, check=True)
        offset.write_text("0")
        with serving(options, workers=2, LD_PRELOAD=str(library), CLOCK_OFFSET=str(offset)) as catalogue:
            owner = Owner(catalogue.port, catalogue.token())
            for seconds in (3600, 0, -3600):
                workers, old, new = catalogue.workers(), new_key(), new_key()
                owner.start_clock(old, 15)
                owner.wait_for_status(old, "running")
                offset.write_text(str(seconds))
                began = time.monotonic()
                owner.start_clock(new, 1)
                owner.wait_for_status(new, *ENDED)
                waited, ended, seen = time.monotonic() - began, owner.wait_for_status(old, *ENDED), Counter[str]()
                while time.monotonic() < began + WATCHED:
                    seen[str(owner.ask("GET", "/health_check/").status)] += 1
                    seen[str(owner.ask("POST", "/books/", book("A book")).status)] += 1
                    time.sleep(1)
                jobs = f"a running job {ended['status']} in attempt {ended['attempt']}, a new one in {waited:.0f} s"
                well = set(seen) == {"200", "201"} and ended["status"] == "succeeded" and waited < 10
                figure(f"clock at {seconds:+} s", f"{jobs}; {counts(seen)}", aim="all well", reached=well)
                killed = len(set(workers) - set(catalogue.workers()))
                figure("workers killed", killed, aim="0", reached=not killed)
