"""A page of 20 books that nobody keeps, as JSON and as HTML: this catalogue beside the tutorials' way, in one run.

    python benchmarks/pages.py [--rounds 5] [--seconds 3] [--connections 16]

Each server has one worker and the same 210 books. The rounds alternate; every answer must be a 200 of the right size.
On PostgreSQL: python -m tests.postgres python benchmarks/pages.py. Needs wrk (Debian: apt-get install wrk).
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUNICORN = [str(Path(sys.executable).with_name("gunicorn")), "-w", "1", "-k", "uvicorn.workers.UvicornWorker"]
SERVERS = {
    "this catalogue": ["django41_example.asgi:application"],
    "the tutorials' way": ["-c", os.devnull, "benchmarks.peers.tutorial:application"],
}
KINDS = {"JSON": "application/json", "HTML": "text/html"}


@contextmanager
def running(arguments, port, environment):
    command = [*GUNICORN, "-b", f"127.0.0.1:{port}", *arguments]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def get(port, accept):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/books/", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=5) as response:
        return response.read()


def wait_until_open(port):
    for _ in range(300):
        try:
            return get(port, "application/json")
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"No server answers at port {port}.")


def rate(port, accept, seconds, connections):
    """Requests a second; every answer must be right."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", f"Accept: {accept}"]
    told = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/books/"], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(told)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        environment = {**os.environ, "VAR_DIR": folder, "WORK": "0"}
        subprocess.run(
            [sys.executable, "manage.py", "prepare"], cwd=ROOT, env=environment, check=True, capture_output=True
        )
        ports = {name: 8400 + number for number, name in enumerate(SERVERS)}
        for name, arguments in SERVERS.items():
            servers.enter_context(running(arguments, ports[name], environment))
        database = os.environ.get("DATABASE_URL", "sqlite:").split(":")[0]
        for port in ports.values():
            wait_until_open(port)
        for kind, accept in KINDS.items():
            sizes = {name: len(get(port, accept)) for name, port in ports.items()}
            measured = {name: [] for name in SERVERS}
            for _ in range(options.rounds):
                for name, port in ports.items():
                    measured[name].append(rate(port, accept, options.seconds, options.connections))
            medians = {name: statistics.median(rates) for name, rates in measured.items()}
            for name, rates in measured.items():
                spread = f"{min(rates):.0f} to {max(rates):.0f}"
                print(f"{database:8} {kind:5} {name:20} {medians[name]:6.0f}/s ({spread}), {sizes[name]:,} bytes")
            ours, theirs = medians.values()
            print(f"{database:8} {kind:5} ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
