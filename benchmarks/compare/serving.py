"""A catalogue's database, and servers that are started on it one at a time."""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos.catalogue import Options, Place, database
from benchmarks.compare import machine
from benchmarks.compare.load import WrongAnswer
from benchmarks.compare.stacks import LIST, Stack
from tests import postgres
from tests.server.running import PROJECT, environment, free_port

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
        options = Options(quick=False, postgres=on_postgres)
        with nullcontext(given) if is_given else database(options, Path(name)) as url:
            yield Shelf(Path(name), url)


@dataclass
class Running:
    stack: Stack
    port: int
    process: subprocess.Popen[bytes]
    first_answer: float = 0.0  # seconds from when its port was open

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def megabytes(self) -> float:
        """Of the largest worker."""
        return max(map(machine.megabytes, machine.workers_of(self.process.pid)))


@contextmanager
def running(stack: Stack, shelf: Shelf) -> Iterator[Running]:
    """The server, from its first right answer on."""
    port = free_port()
    program, *arguments = shlex.split(stack.command.format(port=port))
    variables = {
        **shelf.variables,
        "PORT": str(port),
        "ANSWERS": str(shelf.folder / "answers.json"),
        "PAGES": str(shelf.folder),
        "PYTHONPATH": str(PROJECT),
        **stack.variables,
    }
    log = shelf.folder / f"{stack.name}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [stack.tools / program, *arguments],
            cwd=PROJECT,
            env=environment(shelf.folder, variables),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    server = Running(stack, port, process)
    try:
        server.first_answer = wait_for_answer(server)
        yield server
    except WrongAnswer as error:
        raise WrongAnswer(f"{stack.name}: {error}\n{log.read_text(errors='replace')[-2000:]}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_answer(server: Running) -> float:
    """Seconds from when the port is open, behind which workers begin, until the list is answered."""
    began, is_open = time.monotonic(), False
    limit = began + OPEN_WITHIN
    while time.monotonic() < limit:
        with suppress(OSError, http.client.HTTPException):
            if not is_open:
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
                began, is_open = time.monotonic(), True
            if server.get(LIST, {"Accept": "application/json"})[0] == 200:
                return time.monotonic() - began
        if server.process.poll() is not None:
            break
        time.sleep(0.01)
    raise WrongAnswer("it does not answer")
