"""Backups under load, and restores that are killed.

VAR_DIR=… python benchmarks/backup.py load     of the SQLite catalogue there, beside a server, readers and a writer
python benchmarks/backup.py kills [--rows 2000] [--kills 20]
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PORT = int(os.environ.get("PORT", "8680"))
SERVER = [
    Path(sys.executable).with_name("gunicorn"),
    "django41_example.asgi:application",
    "-w",
    "1",
    "-k",
    "uvicorn.workers.UvicornWorker",
]
WORDS = "the kokoro war peace sea night tower letters garden winter".split()
CSV = "from benchmarks.backup import content; print(content())"


def manage(folder: Path, *command: str, **how: Any) -> "subprocess.Popen[str]":
    variables = {**os.environ, "VAR_DIR": str(folder), "BACKUPS": "0", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=variables, text=True, **how)


def finished(folder: Path, *command: str) -> tuple[str, float, float, int]:
    """Its output, seconds, seconds of processor time, and the most memory in MB."""
    began = time.monotonic()
    process = manage(folder, *command, stdout=subprocess.PIPE)
    assert process.stdout
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, output
    return output.strip(), time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss >> 10


def content() -> str:
    """Digests of the CSV export and of all rows that a backup holds."""
    from books.backup.tables import tables
    from books.exporting.base import rows_after
    from books.exporting.csv import Csv
    from books.models import Book

    csv, every, last = hashlib.sha256(), hashlib.sha256(), 0
    while rows := list(rows_after(Book.objects.all(), last)):
        csv.update(Csv().encode(rows))
        last = rows[-1][0]
    for table in tables():
        for row in table.rows():
            every.update(repr(row).encode())
    return f"{csv.hexdigest()} {every.hexdigest()}"


def request(method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> int:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


class Load:
    """A reader of searches and a writer of numbered books, until stopped."""

    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.acknowledged, self.latencies, self.stop = 0, list[float](), threading.Event()
        self.threads = [threading.Thread(target=target) for target in (self.read, self.read, self.write)]
        for thread in self.threads:
            thread.start()

    def read(self) -> None:
        while not self.stop.is_set():
            began = time.monotonic()
            assert request("GET", f"/books/?q={random.choice(WORDS)}&size={random.randint(1, 100)}") == 200
            self.latencies.append(time.monotonic() - began)
            self.stop.wait(0.02)

    def write(self) -> None:
        while not self.stop.wait(0.05):
            body = json.dumps({"title": f"Written {self.acknowledged + 1}"})
            assert request("POST", "/books/", body, self.headers) == 201
            self.acknowledged += 1

    def p99(self) -> str:
        seen, self.latencies = self.latencies, []
        return f"p99 {1000 * statistics.quantiles(seen, n=100)[98]:.0f} ms of {len(seen)} reads"

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def load(folder: Path) -> None:
    if "owner" not in finished(folder, "shell", "--no-imports", "-c", USERS)[0]:
        finished(folder, "createsuperuser", "--noinput", "--username", "owner", "--email", "")
    token = finished(folder, "create_token", "owner", "--scope", "read", "--scope", "write")[0].splitlines()[-1]
    variables = {**os.environ, "VAR_DIR": str(folder), "BACKUPS": "0", "PORT": str(PORT)}
    server = subprocess.Popen(SERVER, cwd=ROOT, env=variables, stderr=subprocess.DEVNULL)
    try:
        while not is_open():
            time.sleep(0.2)
        beside = Load(token)
        time.sleep(20)
        print("quiet:", beside.p99(), flush=True)
        before = beside.acknowledged
        with tempfile.TemporaryDirectory(dir=folder) as other:
            path = Path(other) / "backup.zip"
            _, seconds, processor, memory = finished(folder, "backup", str(path))
            after = beside.acknowledged + 1
            used = f"{seconds:.0f} s, {processor:.1f} s of processor time, {memory} MB of memory"
            print(f"backup: {used}, {path.stat().st_size >> 20} MB;", beside.p99(), flush=True)
            beside.end()
            print(consistency(path, before, after))
            finished(folder, "backup", str(path))
            _, seconds, processor, memory = finished(Path(other), "restore", str(path))
            print(f"restore: {seconds:.0f} s, {processor:.1f} s of processor time, {memory} MB")
            here, there = (finished(place, "shell", "--no-imports", "-c", CSV)[0] for place in (folder, Path(other)))
            print("the restored catalogue and its CSV are the same:", here == there, here.split()[0][:12])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


USERS = "from django.contrib.auth.models import User; print(*User.objects.values_list('username', flat=True))"


def is_open() -> bool:
    try:
        return request("GET", "/health_check/live/") == 200
    except OSError:
        return False


def consistency(path: Path, before: int, after: int) -> str:
    """Whether the backup is one moment: a beginning of what was written, each version as its history says."""
    with zipfile.ZipFile(path) as file:
        books = {row["id"]: row for row in map(json.loads, file.open("books.book.jsonl"))}
        changes = {row["book_id"]: row["version"] for row in map(json.loads, file.open("books.change.jsonl"))}
    written = sorted(int(row["title"].split()[1]) for row in books.values() if row["title"].startswith("Written "))
    is_beginning = written == list(range(1, len(written) + 1)) and before <= len(written) <= after
    is_history = all(changes.get(pk, 1) == row["version"] for pk, row in books.items())
    counted = f"{before} acknowledged before, {len(written)} in it, {after} begun by its end"
    return f"{len(books):,} books, of those written {counted}: one moment: {is_beginning and is_history}"


def kills(rows: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        full, target, path = Path(name) / "full", Path(name) / "target", Path(name) / "backup.zip"
        made = [sys.executable, "benchmarks/generate.py", str(rows), "--csv", f"{name}/books.csv"]
        subprocess.run(made, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        finished(full, "migrate", "-v0")
        finished(full, "import_books", f"{name}/books.csv")
        finished(full, "backup", str(path))
        finished(target, "migrate", "-v0")
        finished(target, "createsuperuser", "--noinput", "--username", "mine", "--email", "")
        before, after = (finished(place, "shell", "--no-imports", "-c", CSV)[0] for place in (target, full))
        seconds, found = replaced(target, path, None), list[str]()
        for number in range(count):
            copy = Path(shutil.copytree(target, Path(name) / str(number)))
            if replaced(copy, path, random.uniform(0, seconds)) < 0:
                found.append(finished(copy, "shell", "--no-imports", "-c", CSV)[0])
        counts = f"{found.count(before)} as it was before, {found.count(after)} already whole"
        print(f"{len(found)} of {count} restores of {rows:,} books were killed before their end: {counts}")
        copy = Path(shutil.copytree(target, Path(name) / "last"))
        finished(copy, "restore", str(path))
        print("then restored whole:", finished(copy, "shell", "--no-imports", "-c", CSV)[0] == after)


def replaced(folder: Path, path: Path, killed_after: float | None) -> float:
    """The seconds that a restore into a copy takes once it has begun to write; negative if it was killed first."""
    target = folder if killed_after is not None else Path(shutil.copytree(folder, f"{folder}-measured"))
    process = manage(target, "restore", str(path), stdout=subprocess.PIPE)
    assert process.stdout
    while "in place of" not in process.stdout.readline():
        pass
    began = time.monotonic()
    if killed_after is not None:
        time.sleep(killed_after)
        process.kill()
    return (-1 if process.wait() else 1) * (time.monotonic() - began)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["load", "kills"])
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    given = parser.parse_args()
    load(Path(os.environ["VAR_DIR"])) if given.what == "load" else kills(given.rows, given.kills)
