"""A full disk, one that can only be read, damaged pages: told with what to do, nothing lost, well again by itself.

The disk is a tmpfs of 16 MB, which root may mount; for others, `unshare --map-root-user --mount` runs the command.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.chaos.catalogue import Catalogue, Options, serving
from benchmarks.chaos.client import Connection, counted, new_key
from benchmarks.chaos.report import counts, figure
from tests.server.running import PROJECT, environment

PAGE, FREED = 4096, 2 << 20  # bytes
READS = [
    "/books/",
    "/",
    "/books/?q=the&sort=title",
    "/books/7/",
    "/books.csv",
    "/authors/",
    "/books/?q=zebra",
    "/jobs/",
]
COMMANDS = ["prepare", "backup", "create_token owner"]


async def run(options: Options) -> None:
    with tempfile.TemporaryDirectory() as disk:
        mount(disk, "-t", "tmpfs", "-o", "size=16m", "tmpfs")
        try:
            with serving(options, workers=2, on=Path(disk)) as catalogue:
                token = await asyncio.to_thread(catalogue.token)
                await full(catalogue, token, Path(disk) / "ballast")
                path = catalogue.folder / "catalogue.sqlite3"
                damage(path, number=path.stat().st_size // PAGE // 10)
                await ask(catalogue, token, "a tenth of its pages damaged")
                catalogue.server.stop()
                mount(disk, "-o", "remount,ro")
                tell_commands(catalogue, "read-only")
                mount(disk, "-o", "remount,rw")
        finally:
            subprocess.run(["umount", "--lazy", disk], check=True)  # noqa: ASYNC221 - nothing else runs


def mount(disk: str, *how: str) -> None:
    if subprocess.run(["mount", *how, disk], check=False).returncode:
        sys.exit(__doc__)


async def full(catalogue: Catalogue, token: str, ballast: Path) -> None:
    await asyncio.to_thread(ballast.write_bytes, bytes(FREED))
    added = await add(catalogue, token, 10_000)
    await ask(catalogue, token, f"full after {len(added)} books, {os.statvfs(ballast.parent).f_bavail} blocks free")
    await asyncio.to_thread(ballast.unlink)
    again = await add(catalogue, token, 20)
    figure("writes as soon as there is room", len(again), aim="20", reached=len(again) == 20)
    lost = len((added | again) - {title for (title,) in catalogue.sql("SELECT title FROM books_book")})
    figure("acknowledged writes lost", f"{lost} of {len(added | again)}", aim="0", reached=not lost)
    catalogue.tell_integrity()


async def add(catalogue: Catalogue, token: str, number: int) -> set[str]:
    """The titles of books that were added, until the disk is full."""
    connection, added = Connection(catalogue.port, token), set[str]()
    status = 201
    while len(added) < number and status != 507:
        title = f"{new_key()} {'a long title' * 70}"
        status = (await connection.add_book(title, new_key())).status
        added |= {title} if status == 201 else set()
    connection.close()
    return added


def damage(path: Path, number: int) -> None:
    with path.open("r+b") as file:
        for page in random.sample(range(1, path.stat().st_size // PAGE), number):
            file.seek(page * PAGE)
            file.write(os.urandom(PAGE))


async def ask(catalogue: Catalogue, token: str, what: str) -> None:
    seen = Counter[str]()
    writes = [
        ("POST", "/books/", b'{"title": "T"}'),
        ("PATCH", "/books/9/", b'{"pages": 7}'),
        ("DELETE", "/books/8/", b""),
    ]
    for method, path, body in [*[("GET", path, b"") for path in READS], *writes, ("POST", f"/jobs/{new_key()}/", b"")]:
        await counted(seen, Connection(catalogue.port, token).ask(method, path, body, Connection="close"))
    is_well = {kind for kind in seen if kind.startswith("5")} <= {"503", "507"}
    figure(what, counts(seen), aim="of 5xx, 503 with Retry-After and 507", reached=is_well)
    await asyncio.to_thread(tell_commands, catalogue, what)


def tell_commands(catalogue: Catalogue, what: str) -> None:
    """Each ends well, or says why in one line."""
    variables, long = environment(catalogue.folder, catalogue.variables), list[str]()
    for command in COMMANDS:
        program = [sys.executable, "manage.py", *command.split()]
        done = subprocess.run(program, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
        told = done.stderr.strip()
        print(f"     {command}: {told or 'well'}"[:150])
        long += [command] if done.returncode and told.count("\n") else []
    figure(f"{what}: commands that say more than a line", ", ".join(long) or 0, aim="0", reached=not long)
