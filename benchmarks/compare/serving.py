"""A catalogue's database, and servers that are started on it one at a time."""

import http.client
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from benchmarks.chaos.catalogue import Options, Place, database
from benchmarks.compare import machine
from benchmarks.compare.load import WrongAnswer
from benchmarks.compare.stacks import LIST, Stack
from tests import postgres
from tests.server.running import PROJECT, Server

OPEN_WITHIN = 30.0  # seconds


class Shelf(Place):
    """The 210 starter books in a database of their own, and a token that may write them."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, url, WORK="0")
        for around in ("before.html", "after.html"):  # of a page of the others: see scenarios.keep_page
            (folder / around).touch()
        self.manage("prepare")
        self.writer = self.token()

    @property
    def processes(self) -> set[int]:
        """The database's own."""
        if self.database_url.startswith("sqlite"):
            return set()
        file = postgres.folder_of(self.database_url) / "data/postmaster.pid"
        return {int(file.read_text().split()[0])} if file.exists() else set()


@contextmanager
def shelf(kind: str) -> Iterator[Shelf]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        given, on_postgres = os.environ.get("DATABASE_URL", ""), kind == "postgresql"
        is_given = on_postgres and given.startswith("postgres")
        options = Options(postgres=on_postgres)
        with nullcontext(given) if is_given else database(options, Path(name)) as url:
            yield Shelf(Path(name), url)


class Running(Server):
    def __init__(self, stack: Stack, shelf: Shelf) -> None:
        own = {"ANSWERS": str(shelf.folder / "answers.json"), "PAGES": str(shelf.folder), "PYTHONPATH": str(PROJECT)}
        super().__init__(f"{stack.tools}/{stack.command}", shelf.folder, **(shelf.variables | own | stack.variables))
        self.stack = stack

    def megabytes(self) -> float:
        """Of the largest worker."""
        return max(map(machine.megabytes, machine.workers_of(self.process.pid)))


@contextmanager
def running(stack: Stack, shelf: Shelf) -> Iterator[tuple[Running, float]]:
    """The server, from its first right answer on, and the seconds until that."""
    server = Running(stack, shelf)
    try:
        yield server, wait_for_answer(server)
    except WrongAnswer as error:
        raise WrongAnswer(f"{stack.name}: {error}\n{server.log()[-2000:]}") from None
    finally:
        server.kill()


def wait_for_answer(server: Running) -> float:
    """Seconds from when the port is open, behind which workers begin, until the list is answered."""
    began, is_open = time.monotonic(), False
    limit = began + OPEN_WITHIN
    while time.monotonic() < limit:
        with suppress(OSError, http.client.HTTPException):
            if not is_open:
                server.connect().close()
                began, is_open = time.monotonic(), True
            if server.request("GET", LIST, Accept="application/json").status == 200:
                return time.monotonic() - began
        if server.process.poll() is not None:
            break
        time.sleep(0.01)
    raise WrongAnswer("it does not answer")
