"""Whether somebody who tries passwords holds up those who sign in: 1,000 wrong ones at 50 a second.

    python benchmarks/sign_in_storm.py [--tries 1000] [--rate 50] [--workers 2]

Starts a server of its own on a free port of this machine. Others sign in all the while, as they did before the storm;
a pulse of small requests shows whether any event loop was held up.
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
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from opening import free_port, wait_until_open

ROOT = Path(__file__).resolve().parent.parent
PEOPLE, PASSWORD = 20, "correct horse battery staple"
QUIET_SECONDS, BETWEEN_SIGN_INS, BETWEEN_PULSES = 20.0, 0.5, 0.02
MAKE_PEOPLE = f"""
from django.contrib.auth.models import User
from django.contrib.auth.hashers import make_password
from django.utils.crypto import get_random_string
hashed = make_password({PASSWORD!r})
User.objects.bulk_create(User(username=f"person{{n}}", password=hashed) for n in range({PEOPLE}))
"""


async def ask(
    port: int, method: str, path: str, form: dict[str, str] | None = None, source: str = "127.0.0.1"
) -> tuple[int, float]:
    """(status, seconds) of one request, from an address of this machine."""
    body = urlencode(form or {})
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if form:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    begin = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    writer.write(f"{head}\r\n{body}".encode())
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return int(answer.split(maxsplit=2)[1]), time.perf_counter() - begin


async def sign_in_at_leisure(port: int, until: asyncio.Event) -> list[float]:
    """What others wait for, each from an address of their own."""
    waits: list[float] = []
    number = 0
    while not until.is_set():
        number += 1
        form = {"username": f"person{1 + number % (PEOPLE - 1)}", "password": PASSWORD}
        status, seconds = await ask(port, "POST", "/accounts/login/", form, f"127.0.1.{number % 200 + 1}")
        assert status == 303, status
        waits.append(seconds)
        await asyncio.sleep(BETWEEN_SIGN_INS)
    return waits


async def pulse(port: int, until: asyncio.Event) -> list[float]:
    waits = []
    while not until.is_set():
        waits.append((await ask(port, "GET", "/health_check/live/"))[1])
        await asyncio.sleep(BETWEEN_PULSES)
    return waits


async def storm(port: int, tries: int, rate: float) -> list[int]:
    """The answers to wrong passwords for one account, from one address, at a steady rate."""

    async def one(number: int) -> int:
        await asyncio.sleep(number / rate)
        return (await ask(port, "POST", "/accounts/login/", {"username": "person0", "password": f"wrong {number}"}))[0]

    return await asyncio.gather(*map(one, range(tries)))


async def measure(port: int, tries: int, rate: float) -> None:
    results: dict[str, Any] = {}
    for name in ("quiet", "storm"):
        until = asyncio.Event()
        others = asyncio.create_task(sign_in_at_leisure(port, until))
        pulses = asyncio.create_task(pulse(port, until))
        if name == "storm":
            statuses = await storm(port, tries, rate)
        else:
            await asyncio.sleep(QUIET_SECONDS)
        until.set()
        results[name] = (await others, await pulses)
    print(f"{tries} wrong passwords: " + ", ".join(f"{statuses.count(s)} × {s}" for s in sorted(set(statuses))))
    for name, (waits, pulses_seen) in results.items():
        print(
            f"{name:6} others sign in: p50 {statistics.median(waits) * 1000:.0f} ms, p99 {p99(waits) * 1000:.0f} ms "
            f"({len(waits)}); pulse: p99 {p99(pulses_seen) * 1000:.1f} ms, longest {max(pulses_seen) * 1000:.0f} ms"
        )
    print(f"p99 of others' sign-ins, storm against quiet: {p99(results['storm'][0]) / p99(results['quiet'][0]):.2f}")


def p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    folder = tempfile.mkdtemp()
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder}/x.sqlite3",
        "VAR_DIR": f"{folder}/var",
        "PORT": str(port),
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    subprocess.run([*manage, "shell", "-v0", "-c", MAKE_PEOPLE], cwd=ROOT, env=environment, check=True)
    command = [Path(sys.executable).with_name("gunicorn"), "django41_example.asgi:application", f"-w{options.workers}"]
    with Path(f"{folder}/log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "-k", "uvicorn_worker.UvicornWorker"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        asyncio.run(wait_until_open(port))
        asyncio.run(measure(port, options.tries, options.rate))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
