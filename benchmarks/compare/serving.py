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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos.catalogue import Options, database
from benchmarks.compare import machine
from benchmarks.compare.load import WrongAnswer
from benchmarks.compare.stacks import LIST, OWN_TOOLS, Stack
from tests import postgres
from tests.server.running import PROJECT, environment, free_port

OPEN_WITHIN = 30.0  # seconds
OWNER = {"DJANGO_SUPERUSER_PASSWORD": "correct horse", "DJANGO_SUPERUSER_EMAIL": "a@b.test"}


@dataclass(frozen=True)
class Shelf:
    """The 210 starter books in a database of their own, and a token that may write them."""

    folder: Path
    url: str
    token: str

    @property
    def variables(self) -> dict[str, str]:
        return environment(self.folder, {"DATABASE_URL": self.url, "WORK": "0"})

    @property
    def processes(self) -> set[int]:
        """The database's own."""
        if self.url.startswith("sqlite"):
            return set()
        file = postgres.folder_of(self.url) / "data/postmaster.pid"
        return {int(file.read_text().split()[0])} if file.exists() else set()


@contextmanager
def shelf(kind: str, directory: Path = PROJECT) -> Iterator[Shelf]:
    """Made by the code in the directory."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with place(kind, folder) as url:
            made = Shelf(folder, url, "")
            for around in ("before.html", "after.html"):  # of a page of the others: see scenarios.keep_page
                (folder / around).touch()

            def manage(*command: str) -> str:
                program = [OWN_TOOLS / "python", "manage.py", *command]
                variables = made.variables | OWNER
                return subprocess.run(
                    program, cwd=directory, env=variables, check=True, capture_output=True, text=True
                ).stdout

            manage("prepare")
            manage("createsuperuser", "--noinput", "--username", "owner")
            token = manage("create_token", "owner", "--scope", "read", "--scope", "write").split()[-1]
            yield Shelf(folder, url, token)


@contextmanager
def place(kind: str, folder: Path) -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if kind == "postgresql" and given.startswith("postgres"):
        yield given
    else:
        with database(Options(quick=False, postgres=kind == "postgresql"), folder) as url:
            yield url


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
def running(stack: Stack, shelf: Shelf, workers: int) -> Iterator[Running]:
    """The server, from its first right answer on."""
    port = free_port()
    program, *arguments = shlex.split(stack.command.format(port=port, workers=workers))
    variables = {
        "PORT": str(port),
        "ANSWERS": str(shelf.folder / "answers.json"),
        "PAGES": str(shelf.folder),
        "PYTHONPATH": str(stack.directory),
        **stack.variables,
    }
    log = shelf.folder / f"{stack.name}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [stack.tools / program, *arguments],
            cwd=stack.directory,
            env=shelf.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    server = Running(stack, port, process)
    try:
        server.first_answer = wait_for_answer(server, log)
        yield server
    except WrongAnswer as error:
        raise WrongAnswer(f"{stack.name}: {error}\n{log.read_text(errors='replace')[-2000:]}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_answer(server: Running, log: Path) -> float:
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
