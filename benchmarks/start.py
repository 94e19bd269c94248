"""What a start costs until the first list is answered, and what the server uses while nobody asks.

    python -m benchmarks.start [--postgres] [--rounds 3]

Each round runs `prepare` and the plain command on a database that needs no upgrade. The last server is then left alone
for a minute, and asked for some hundreds of pages. Processor time is that of all processes of the server.
"""

import argparse
import time

from benchmarks import machine
from benchmarks.chaos.catalogue import measured
from benchmarks.chaos.report import figure
from benchmarks.compare.serving import shelf
from tests.server.running import PLAIN, Server

WINDOW, SETTLE = 20.0, 5.0  # seconds
PATHS = ("/books/", "/", "/topics/", "/authors/", "/books/?q=kafka", "/books/?sort=title&size=50", "/opds/")


def processor(server: Server) -> float:
    """Seconds of it, of all processes of the server."""
    return machine.seconds_of({server.process.pid})


def ask_first(server: Server, began: float) -> None:
    assert server.get("/books/").status == 200
    seconds, used = time.monotonic() - began, processor(server)
    time.sleep(SETTLE)
    figure("first list", f"after {seconds:.2f} s, {used:.2f} s of processor time; {processor(server):.2f} s for all")


def leave_alone(server: Server) -> None:
    for _ in range(3):
        before = processor(server)
        time.sleep(WINDOW)
        figure(f"left alone for {WINDOW:.0f} s", f"{(processor(server) - before) / WINDOW:.1%} of a core")


def browse(server: Server) -> None:
    for n in range(600):
        server.request("GET", PATHS[n % len(PATHS)], Accept=("text/html", "application/json")[n // 7 % 2])
    for pid in sorted(server.children()):
        whole, part = machine.megabytes(pid), machine.megabytes(pid, "Pss")
        figure(f"process {pid}", f"{whole:.1f} MB, shared ones in part {part:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true", help="else SQLite")
    options = parser.parse_args()
    with shelf("postgresql" if options.postgres else "sqlite") as made:
        for left in reversed(range(options.rounds)):
            figure("prepare", measured(made, "prepare"))
            began = time.monotonic()
            server = Server(PLAIN, made.folder, DATABASE_URL=made.database_url, WORK="1")
            try:
                ask_first(server, began)
                if not left:
                    leave_alone(server)
                    browse(server)
            finally:
                server.kill()


if __name__ == "__main__":
    main()
