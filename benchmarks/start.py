"""What a start costs, until the first list is answered and after it, and what an idle server uses.

    python benchmarks/start.py [--workers 4] [--postgres] [--rounds 3]

Each round starts the plain command on a database that needs no upgrade, and `prepare` alone. In the last one the server
is then left alone for a minute, and asked for some hundreds of pages. Processor time is of all its processes.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare.serving import shelf
from tests.server.running import PLAIN, PROJECT, TOOLS, Server, environment

TICKS = 100  # a second, as Linux counts processor time
WINDOW, SETTLE = 20.0, 5.0  # seconds
PATHS = ("/books/", "/", "/topics/", "/authors/", "/books/?q=kafka", "/books/?sort=title&size=50", "/opds/")


def processes(group: int) -> dict[int, list[str]]:
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # it just ended
            continue
        if int(fields[2]) == group:
            found[int(file.parent.name)] = fields
    return found


def seconds(group: int) -> float:
    """Processor time of the group, and of those of its processes that have ended."""
    return sum(int(ticks) for fields in processes(group).values() for ticks in fields[11:15]) / TICKS


def memory(pid: int, name: str) -> float:
    """Megabytes, shared ones in part (Pss) or whole (Rss)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024


def open_and_ask(server: Server, began: float) -> None:
    server.wait_until_open()
    assert server.get("/books/").status == 200
    group = server.process.pid
    print(f"first list: {time.monotonic() - began:5.2f} s, {seconds(group):5.2f} s of processor time", end="")
    time.sleep(SETTLE)
    print(f" ({seconds(group):.2f} s of it when all of the server is there)")


def leave_alone(server: Server) -> None:
    for _ in range(3):
        before = seconds(server.process.pid)
        time.sleep(WINDOW)
        used = seconds(server.process.pid) - before
        print(f"left alone:  {used / WINDOW:.1%} of a core over {WINDOW:.0f} s")


def browse(server: Server) -> None:
    for n in range(600):
        server.request("GET", PATHS[n % len(PATHS)], Accept=("text/html", "application/json")[n // 7 % 2])
    for pid in sorted(processes(group := server.process.pid)):
        kind = "first process" if pid == group else "child"
        print(f"{kind} {pid}: {memory(pid, 'Pss'):.1f} MB (Pss), {memory(pid, 'Rss'):.1f} MB (Rss)")


def prepare(variables: dict[str, str]) -> None:
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [TOOLS / "python", "manage.py", "prepare"]
    subprocess.run(command, cwd=PROJECT, env=variables, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    print(f"prepare:     {time.monotonic() - began:5.2f} s, {spent:5.2f} s of processor time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with shelf("postgresql" if options.postgres else "sqlite") as made:
        variables = {"DATABASE_URL": made.url, "WORK": "1"}
        for left in reversed(range(options.rounds)):
            prepare(environment(made.folder, variables))
            began = time.monotonic()
            server = Server(PLAIN.replace("-w 4", f"-w {options.workers}"), made.folder, **variables)
            try:
                open_and_ask(server, began)
                if not left:
                    leave_alone(server)
                    browse(server)
            finally:
                server.kill()


if __name__ == "__main__":
    main()
