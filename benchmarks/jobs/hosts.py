"""Two hosts on one PostgreSQL, as network namespaces; one is cut off in the middle of an import, again and again."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import crashing_import
from benchmarks.chaos.catalogue import Options
from benchmarks.chaos.report import figure
from tests import postgres
from tests.server.running import PROJECT

ON_POSTGRESQL = True
HOSTS = (1, 2)
CUTS = 6
SWEEP = 5.0  # seconds between two looks for what nobody runs
TAKEN_OVER_WITHIN = 10.0 + SWEEP + 2  # a lease, a sweep
HEALED_FOR = 15.0  # seconds that one who was cut off has to do harm


class Host:
    """A network namespace with a worker in it; its cable can be pulled out."""

    def __init__(self, number: int, database: str, folder: Path) -> None:
        self.name, self.cable = f"books{number}", f"books{number}out"
        self.here, self.there = f"10.77.{number}.1", f"10.77.{number}.2"
        self.folder, self.log = folder, folder / f"{self.name}.log"
        self.url = f"postgres://postgres@{self.here}/{database}"

    def lay_cable(self) -> None:
        for command in (
            f"netns add {self.name}",
            f"link add {self.cable} type veth peer name in netns {self.name}",
            f"addr add {self.here}/24 dev {self.cable}",
            f"link set {self.cable} up",
            f"-n {self.name} addr add {self.there}/24 dev in",
            f"-n {self.name} link set in up",
            f"-n {self.name} link set lo up",
        ):
            ip(command)

    def remove(self) -> None:
        ip(f"netns del {self.name}", check=False)

    def cut_off(self) -> None:
        ip(f"link set {self.cable} down")

    def heal(self) -> None:
        ip(f"link set {self.cable} up")

    @contextmanager
    def working(self) -> Iterator[None]:
        program = ["ip", "netns", "exec", self.name, sys.executable, "manage.py", "work"]
        variables = {**os.environ, "DATABASE_URL": self.url, "VAR_DIR": str(self.folder)}
        with self.log.open("wb") as log, subprocess.Popen(program, cwd=PROJECT, env=variables, stderr=log) as worker:
            try:
                yield
            finally:
                worker.kill()


def ip(command: str, *, check: bool = True) -> None:
    subprocess.run(["ip", *command.split()], check=check, capture_output=not check)


@contextmanager
def cluster() -> Iterator[str]:
    """A PostgreSQL that the hosts reach, and this process through its socket."""
    binaries = postgres.find_binaries()
    if binaries is None:
        sys.exit(postgres.MISSING)
    addresses = ",".join(f"10.77.{number}.1" for number in HOSTS)
    postgres.FAST = postgres.FAST.replace("listen_addresses=''", f"listen_addresses='{addresses}'")
    with postgres.throwaway_cluster(binaries) as url:
        data = postgres.folder_of(url) / "data"
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.0.0/16 trust\n")
        (pid, *_) = (data / "postmaster.pid").read_text().split()
        os.kill(int(pid), 1)  # reads its rules again
        yield url


def look(job: Any) -> Any:
    job.refresh_from_db()
    return job


def wait(job: Any, true: Any, seconds: float, why: str) -> float:
    began = time.monotonic()
    while not true(look(job)):
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{why}: {job.status}, attempt {job.attempt}, {job.done} done, {job.error}")
        time.sleep(0.05)
    return time.monotonic() - began


def cut_again_and_again(hosts: list[Host], job: Any, count: int) -> tuple[list[float], int]:
    """Cut off whichever host runs the job; how long the other took to take over, and how often it did."""
    waits: list[float] = []
    for _ in range(CUTS):
        goal = job.done + random.randrange(count // (4 * CUTS), count // CUTS)
        wait(job, lambda job, goal=goal: job.done >= goal or job.finished_at, 120, "it does not go on")
        time.sleep(random.random() * 0.5)
        if look(job).finished_at:
            break
        host = runs(hosts, job)
        host.cut_off()
        attempt = job.attempt
        waits.append(wait(job, lambda job, attempt=attempt: job.attempt > attempt, 120, "nobody takes over"))
        goal = job.done + count // (4 * CUTS)
        progress = wait(job, lambda job, goal=goal: job.done >= goal or job.finished_at, 120, "it is held up")
        print(f"     cut off {host.name}: taken over after {waits[-1]:.1f} s, goes on after {progress:.1f} s more")
        host.heal()
        time.sleep(SWEEP)
    return waits, job.attempt


def runs(hosts: list[Host], job: Any) -> Host:
    """The one whose process is the job's owner."""
    _, pid, _ = job.owner.split(":")
    namespace = os.stat(f"/proc/{pid}/ns/net").st_ino  # noqa: PTH116
    return next(host for host in hosts if Path(f"/run/netns/{host.name}").stat().st_ino == namespace)


def compare(hosts: list[Host], count: int) -> None:
    from django.core.management import call_command

    from books.models import Author, Book, Topic

    call_command("migrate", verbosity=0)
    with ExitStack() as working:
        for host in hosts:
            working.enter_context(host.working())
        clean = crashing_import.begin("clean", count)
        seconds = wait(clean, lambda job: job.finished_at, 600, "the clean import does not end")
        figure("undisturbed", f"{clean.status} after {seconds:.1f} s, {clean.message}")
        expected = crashing_import.fingerprint(clean)
        for model in (Book, Author, Topic):
            model.objects.all().delete()
        job = crashing_import.begin("cut", count)
        waits, _ = cut_again_and_again(hosts, job, count)
        wait(job, lambda job: job.finished_at, 600, "it does not end")
        ended = look(job).attempt, job.finished_at
        time.sleep(HEALED_FOR)
    told = f"{min(waits):.1f} to {max(waits):.1f} s"
    figure(f"cut off {len(waits)} times, taken over after", told, aim="≤ 17 s", reached=max(waits) <= TAKEN_OVER_WITHIN)
    figure("the import", f"{job.status}, attempt {job.attempt}, {job.message}")
    is_same = crashing_import.fingerprint(job) == expected
    figure("books, versions, links and rejects of an undisturbed one", is_same, aim="True", reached=is_same)
    stays = (look(job).attempt, job.finished_at) == ended
    figure("after healing the job stays as it ended", stays, aim="True", reached=stays)
    complaints = sum("another worker has it" in host.log.read_text() for host in hosts)
    figure("hosts that found that their job is another's", complaints)


async def run(options: Options) -> None:
    if os.geteuid() or not shutil.which("ip"):
        sys.exit("Namespaces are for root, and need `ip`: apt-get install iproute2.")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        hosts = [Host(number, "postgres", Path(name)) for number in HOSTS]
        for host in hosts:
            stack.callback(host.remove)
            host.lay_cable()
        url = stack.enter_context(cluster())
        os.environ |= {"DATABASE_URL": url, "VAR_DIR": name}
        import django

        django.setup()
        await asyncio.to_thread(compare, hosts, options.rows or options.scaled(60_000))
