"""A catalogue of one's own to be rough with: its server, database, processes and figures."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos.report import figure
from tests import postgres
from tests.server.running import PROJECT, Server, environment

COMMAND = "gunicorn django41_example.asgi:application -k uvicorn.workers.UvicornWorker -w"
CALM_LAG = 0.05  # seconds
READY = 2.0  # seconds that workers take after the first of them answers
OWNER = {"DJANGO_SUPERUSER_PASSWORD": "correct horse", "DJANGO_SUPERUSER_EMAIL": "a@b.test"}


@dataclass(frozen=True)
class Options:
    quick: bool
    postgres: bool
    rows: int = 0  # of an import; 0: what the scenario takes

    def scaled(self, number: int) -> int:
        return max(1, number // 10) if self.quick else number


@dataclass(frozen=True)
class Usage:
    threads: int
    handles: int
    megabytes: float
    peak_megabytes: float


class Catalogue:
    def __init__(self, folder: Path, database_url: str, workers: int, under: str, variables: dict[str, str]) -> None:
        self.folder, self.database_url, self.under = folder, database_url, under
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.variables = {
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "tests.server.site_settings",
            "METRICS": "1",
            "TMPDIR": str(self.temporary),
            **variables,
        }
        self.server = Server(f"{under}{COMMAND} {workers}", folder, **self.variables)
        self.port = self.server.port

    def manage(self, *command: str) -> str:
        program = [*self.under.split(), sys.executable, "manage.py", *command]
        variables = environment(self.folder, self.variables | OWNER)
        return subprocess.run(program, cwd=PROJECT, env=variables, check=True, stdout=subprocess.PIPE, text=True).stdout

    def token(self) -> str:
        """A token that may do everything."""
        self.manage("createsuperuser", "--noinput", "--username", "owner")
        scopes = [f"--scope={scope}" for scope in ("read", "write", "jobs")]
        return self.manage("create_token", "owner", *scopes).split()[-1]

    def workers(self) -> list[int]:
        """The processes that answer requests now."""
        jobs = re.findall(r"Booting job worker with pid: (\d+)", self.server.log())
        return sorted(self.server.children() - set(map(int, jobs)))

    def usage(self) -> list[Usage]:
        return [usage for pid in self.workers() if (usage := usage_of(pid))]

    def lag(self) -> Counter[str]:
        """How often the event loops of all workers came back, at which lateness: as /metrics tells it."""
        figures = self.server.request("GET", "/metrics").body.decode()
        found = re.findall(r'^event_loop_lag_seconds_bucket\{le="([^"]+)"\} ([0-9.e+]+)', figures, re.MULTILINE)
        return Counter({limit: int(float(count)) for limit, count in found})


def usage_of(pid: int) -> Usage | None:
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        handles = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - counts what is gone in the meantime too
        megabytes = [int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]
        return Usage(int(status["Threads"]), handles, *megabytes)
    except (OSError, KeyError):  # it just ended
        return None


@contextmanager
def serving(
    options: Options, *, workers: int = 4, under: str = "", on: Path | None = None, **variables: str
) -> Iterator[Catalogue]:
    """A server, maybe under another program, or on another disk."""
    with tempfile.TemporaryDirectory(dir=on, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with database(options, folder) as url:
            catalogue = Catalogue(folder, url, workers, under, variables)
            try:
                catalogue.server.wait_until_open()
                time.sleep(READY)
                before = catalogue.lag()
                yield catalogue
                if catalogue.server.process.poll() is None:
                    tell_lag(catalogue.lag() - before)
            except BaseException:
                print(catalogue.server.log()[-4000:])
                raise
            finally:
                tell_faults(catalogue.server.log())
                catalogue.server.kill()


@contextmanager
def database(options: Options, folder: Path) -> Iterator[str]:
    if not options.postgres:
        yield f"sqlite:///{folder / 'catalogue.sqlite3'}"
        return
    binaries = postgres.find_binaries()
    if binaries is None:
        sys.exit(postgres.MISSING)
    with postgres.throwaway_cluster(binaries) as url:
        yield url


def tell_lag(lag: Counter[str]) -> None:
    late = {limit: max(0, lag["+Inf"] - lag[limit]) for limit in (str(CALM_LAG), "0.1", "1.0")}
    counts = ", ".join(f"{count} over {float(limit) * 1000:.0f} ms" for limit, count in late.items())
    figure("event loops came back late", f"of {lag['+Inf']:,} looks {counts}", aim="none over 50 ms")


def tell_faults(log: str) -> None:
    """The kinds of lines in the server's log that nobody wants to read there."""
    faults = Counter(re.sub(r"[\d:,.-]+", "#", line)[-110:] for line in log.splitlines() if is_fault(line))
    for fault, times in faults.most_common(5):
        print(f"     in the log {times} times: {fault}")


def is_fault(line: str) -> bool:
    return bool(re.search(r"ERROR|CRITICAL|SIGKILL|^\w*(Error|Exception)\b|Traceback", line))


class Watch:
    """Looks at the workers ten times a second, for what is highest at a peak."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.threads = 0
        self.megabytes = 0.0

    async def __aenter__(self) -> "Watch":
        self.task = asyncio.create_task(self._look())
        return self

    async def _look(self) -> None:
        while True:
            for usage in self.catalogue.usage():
                self.threads = max(self.threads, usage.threads)
                self.megabytes = max(self.megabytes, usage.peak_megabytes)
            await asyncio.sleep(0.1)

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
