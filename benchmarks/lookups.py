"""Whether look-ups that wait for a slow catalogue outside hold up other pages: 500 of them at once, on one worker.

    python benchmarks/lookups.py [--lookups 500] [--seconds 10] [--rounds 3]

Starts a source that does not answer until it is told to, and a server of its own, on free ports of this machine.
Others read the list of books meanwhile, one after the other, as they did before the look-ups came, in turns.
"""

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from opening import free_port, wait_until_open

ROOT = Path(__file__).resolve().parent.parent
MAKE_OWNER = """
from django.contrib.auth.models import User
User.objects.create_superuser("owner")
"""


def isbn13(number: int) -> str:
    first = f"978{number:09}"
    digits = [int(digit) for digit in first]
    return first + str(-(sum(digits[::2]) + 3 * sum(digits[1::2])) % 10)


async def ask(port: int, path: str, token: str = "") -> tuple[int, float, str]:
    """(status, seconds, body) of one request."""
    begin = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}\r\n"
    writer.write(head.encode())
    answer = (await asyncio.wait_for(reader.read(), 900)).decode()
    writer.close()
    return int(answer.split(maxsplit=2)[1]), time.perf_counter() - begin, answer.partition("\r\n\r\n")[2]


async def read_pages(port: int, seconds: float, token: str) -> list[float]:
    waits, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        status, wait, _ = await ask(port, "/books/", token)  # to somebody known: such answers are not kept
        assert status == 200, status
        waits.append(wait)
        await asyncio.sleep(0.01)
    return waits


async def figures(port: int) -> dict[str, float]:
    """What the server tells a monitor: the threads that are lent, and who waits for one."""
    lines = (await ask(port, "/metrics"))[2].splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if line and not line.startswith("#")]
    found: dict[str, float] = {}
    for name, value in pairs:
        if name.partition("{")[0] in {"pool_threads", "pool_threads_checked_out", "pool_queue_length"}:
            found[name.partition("{")[0]] = found.get(name.partition("{")[0], 0) + float(value)
    return found


class SlowSource:
    """Accepts every question, and answers none before it is told to."""

    def __init__(self) -> None:
        self.told, self.asked = asyncio.Event(), 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await self.told.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()


async def measure(
    port: int, slow_port: int, server: subprocess.Popen[bytes], token: str, options: argparse.Namespace
) -> None:
    source = SlowSource()
    async with await asyncio.start_server(source.serve, "127.0.0.1", slow_port, backlog=2048):
        await wait_until_open(port)
        pid, numbers = worker_of(server), iter(range(10**6))
        await have_all_threads(port, token, source, numbers)
        quiet, meanwhile = Phase(), Phase()
        for _ in range(options.rounds):
            await quiet.read(port, pid, options.seconds, token)
            source.told.clear()
            ways = [f"/lookup/?isbn={isbn13(next(numbers))}" for _ in range(options.lookups)]
            waiting = [asyncio.create_task(ask(port, way, token)) for way in ways]
            await settle(port)
            await meanwhile.read(port, pid, options.seconds, token)
            assert not any(task.done() for task in waiting), "One look-up has not waited."
            source.told.set()
            statuses = [status for status, *_ in await asyncio.gather(*waiting)]
            print(f"{options.lookups} look-ups waited; in the end: {counted(statuses)}")
    print(f"threads {quiet.threads} when quiet, {meanwhile.threads} meanwhile")
    print(f"memory {quiet.memory} MB when quiet, {meanwhile.memory} MB meanwhile")
    print(f"quiet     a page: {quiet}")
    print(f"meanwhile a page: {meanwhile}")
    print(f"p99 meanwhile against quiet: {p99(meanwhile.waits) / p99(quiet.waits):.2f}")


async def have_all_threads(port: int, token: str, source: "SlowSource", numbers: Iterator[int]) -> None:
    """Let the server start what it starts once, as it does in its first minute."""
    source.told.set()
    await asyncio.gather(*(ask(port, "/books/", token) for _ in range(64)))
    ways = [f"/lookup/?isbn={isbn13(next(numbers))}" for _ in range(64)]
    await asyncio.gather(*(ask(port, way, token) for way in ways))


class Phase:
    """What others wait for, and what the worker needs meanwhile."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.cpu, self.threads, self.memory = 0.0, 0, 0

    async def read(self, port: int, pid: int, seconds: float, token: str) -> None:
        begin = cpu_seconds(pid)
        self.waits += await read_pages(port, seconds, token)
        self.cpu += cpu_seconds(pid) - begin
        now = status_of(pid)
        self.threads, self.memory = now["Threads"], now["VmRSS"] >> 10

    def __str__(self) -> str:
        figures = f"p50 {statistics.median(self.waits) * 1000:.1f} ms, p99 {p99(self.waits) * 1000:.1f} ms"
        return f"{figures}, {self.cpu / len(self.waits) * 1000:.1f} ms of CPU ({len(self.waits)} pages)"


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def settle(port: int) -> None:
    """Until all of them wait outside: nobody holds a thread, or waits for one, for a second."""
    calm = 0
    while calm < 10:
        seen = await figures(port)
        calm = 0 if any(seen.get(name) for name in ("pool_threads_checked_out", "pool_queue_length")) else calm + 1
        await asyncio.sleep(0.1)


def status_of(pid: int) -> dict[str, int]:
    lines = (line.split(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(value.split()[0]) for name, value in lines if name in {"Threads", "VmRSS"}}


def counted(statuses: list[int]) -> str:
    return ", ".join(f"{statuses.count(status)} × {status}" for status in sorted(set(statuses)))


def p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def worker_of(server: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return next(int(pid) for pid in children if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lookups", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder, port, slow_port = tempfile.mkdtemp(), free_port(), free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.waiting_settings",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": os.environ.get("DATABASE_URL", f"sqlite:///{folder}/x.sqlite3"),
        "VAR_DIR": f"{folder}/var",
        "PORT": str(port),
        "METRICS": "1",
        "WORK": "0",
        "OPENLIBRARY_URL": f"http://127.0.0.1:{slow_port}",
        "LOOKUP_RATE": "1000",
    }

    def manage(*command: str) -> str:
        program = [sys.executable, "manage.py", *command]
        return subprocess.run(program, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    manage("prepare")
    manage("shell", "-v0", "-c", MAKE_OWNER)
    token = manage("create_token", "owner", "--scope", "read", "--scope", "write").split()[-1]
    gunicorn = [Path(sys.executable).with_name("gunicorn"), "django41_example.asgi:application", "-w1"]
    with Path(f"{folder}/log").open("wb") as log:
        server = subprocess.Popen(gunicorn, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        asyncio.run(measure(port, slow_port, server, token, options))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
