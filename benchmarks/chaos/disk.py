"""A full disk, one that can only be read, damaged pages: told with what to do, nothing lost, well again by itself.

The disk is a tmpfs of 16 MB, which root may mount; for others, `unshare --map-root-user --mount` runs the command.
"""

import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from http.client import HTTPException
from pathlib import Path

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import book, kind_of, new_key
from benchmarks.chaos.report import counts, figure
from tests.server.catalogue import Catalogue
from tests.server.owner import Owner

PAGE, FREED = 4096, 2 << 20  # bytes
READS = "/books/ / /books/?q=the&sort=title /books/7/ /books.csv /authors/ /books/?q=zebra /jobs/".split()
WRITES = [
    ("POST", "/books/", b'{"title": "T"}'),
    ("PATCH", "/books/9/", b'{"pages": 7}'),
    ("DELETE", "/books/8/", b""),
    ("POST", "/jobs/one/", b""),
]
COMMANDS = ["prepare", "backup", "create_token owner"]


def run(options: Options) -> None:
    with tempfile.TemporaryDirectory() as disk:
        mount(disk, "-t", "tmpfs", "-o", "size=16m", "tmpfs")
        try:
            with serving(options, workers=2, on=Path(disk)) as catalogue:
                owner = Owner(catalogue.port, catalogue.token())
                full(catalogue, owner, Path(disk) / "ballast")
                damage(catalogue.folder / "catalogue.sqlite3")
                ask(catalogue, owner, "a tenth of its pages damaged")
                catalogue.server.stop()
                mount(disk, "-o", "remount,ro")
                tell_commands(catalogue, "read-only")
                mount(disk, "-o", "remount,rw")
        finally:
            subprocess.run(["umount", "--lazy", disk], check=True)


def mount(disk: str, *how: str) -> None:
    if subprocess.run(["mount", *how, disk], check=False).returncode:
        sys.exit(__doc__)


def full(catalogue: Catalogue, owner: Owner, ballast: Path) -> None:
    ballast.write_bytes(bytes(FREED))
    added = add(owner, 10_000)
    ask(catalogue, owner, f"full after {len(added)} books, {os.statvfs(ballast.parent).f_bavail} blocks free")
    ballast.unlink()
    again = add(owner, 20)
    figure("writes as soon as there is room", len(again), aim="20", reached=len(again) == 20)
    lost = len((added | again) - {title for (title,) in catalogue.sql("SELECT title FROM books_book")})
    figure("acknowledged writes lost", f"{lost} of {len(added | again)}", aim="0", reached=not lost)
    [(integrity,)] = catalogue.sql("PRAGMA integrity_check")
    figure("integrity", integrity, aim="ok", reached=integrity == "ok")


def add(owner: Owner, number: int) -> set[str]:
    """The titles of books that were added, until the disk is full."""
    added, status = set[str](), 201
    while len(added) < number and status != 507:
        title = f"{new_key()} {'a long title' * 70}"
        status = owner.ask("POST", "/books/", book(title)).status
        added |= {title} if status == 201 else set()
    return added


def damage(path: Path) -> None:
    pages = path.stat().st_size // PAGE
    with path.open("r+b") as file:
        for page in random.sample(range(1, pages), pages // 10):
            file.seek(page * PAGE)
            file.write(os.urandom(PAGE))


def ask(catalogue: Catalogue, owner: Owner, what: str) -> None:
    seen = Counter[str]()
    for method, path, body in [*[("GET", path, b"") for path in READS], *WRITES]:
        try:
            answer = owner.ask(method, path, body)
            seen[kind_of(answer.status, answer.headers)] += 1
        except (OSError, HTTPException) as error:
            seen[type(error).__name__] += 1
    is_well = {kind for kind in seen if kind.startswith("5")} <= {"503", "507"}
    figure(what, counts(seen), aim="of 5xx, 503 with Retry-After and 507", reached=is_well)
    tell_commands(catalogue, what)


def tell_commands(catalogue: Catalogue, what: str) -> None:
    """Each ends well, or says why in one line."""
    long = list[str]()
    for command in COMMANDS:
        process = catalogue.begin("manage.py", *command.split(), stderr=subprocess.PIPE)
        told = process.communicate()[1].strip()
        print(f"     {command}: {told or 'well'}"[:150])
        long += [command] if process.returncode and "\n" in told else []
    figure(f"{what}: commands that say more than a line", ", ".join(long) or 0, aim="0", reached=not long)
