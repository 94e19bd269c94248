"""Runs the commands by which people start the catalogue, each as a process group with a folder of its own."""

import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent  # gunicorn and python of the environment that runs the tests
SERVERS: list["Server"] = []  # those whose log tells why a test fails
START_WITHIN = STOP_WITHIN = 180.0  # seconds; nothing is measured here, what hangs is found out

PLAIN = "gunicorn django41_example.asgi:application -w 4 -k uvicorn.workers.UvicornWorker"
# The catalogue with addresses that take as long as they are told.
SLOW_SITE = {"DJANGO_SETTINGS_MODULE": "tests.server.site_settings"}
PATIENT_SITE = {**SLOW_SITE, "PATIENT": "1"}  # and it waits for clients that a busy machine makes slow
# The least that a start in production needs.
PRODUCTION = {
    "PRODUCTION": "1",
    "SECRET_KEY": "pBx7Vw0-2JqT9mZr_Lk4NcYs8HfDg6Ea1UiXo5RtQvWyKzMb3C",
    "ALLOWED_HOSTS": "books.test",
}


def procfile(name: str) -> str:
    """The command under a name in the Procfile."""
    lines = (PROJECT / "Procfile").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:"))


def environment(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    """As bare as a service manager's: nothing of the developer's shell gets through."""
    paths = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    own = {"HOME": str(folder), "VAR_DIR": str(folder / "var")}
    return {"PATH": paths, "LANG": "C.UTF-8", "WEB_CONCURRENCY": "2", "BACKUPS": "0", **own, **variables}


def wait_until(true: Callable[[], bool], seconds: float, why: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"{why}, for {seconds:.0f} s")
        time.sleep(0.05)


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_WITHIN)
    try:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


class Server:
    """A started command; `get` waits until it answers. To be ended with `kill`, whatever happens."""

    def __init__(self, command: str, folder: Path, **variables: str) -> None:
        self.port = free_port()
        self.command = command.replace("{port}", str(self.port))
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = folder / f"{self.port}.log"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                shlex.split(self.command),
                cwd=PROJECT,
                env=environment(folder, {"PORT": str(self.port), **variables}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        SERVERS.append(self)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def wait_until_open(self) -> None:
        wait_until(self._is_open, START_WITHIN, f"{self.command!r} does not answer")

    def _is_open(self) -> bool:
        assert self.process.poll() is None, f"{self.command!r} ended with {self.process.returncode}"
        try:
            self.request("GET", "/health_check/live/")
        except OSError:
            return False
        return True

    def request(self, method: str, path: str, **headers: str) -> Answer:
        return ask(self.port, method, path, b"", {name.replace("_", "-"): headers[name] for name in headers})

    def get(self, path: str, **headers: str) -> Answer:
        self.wait_until_open()
        return self.request("GET", path, **headers)

    def wait(self) -> int:
        """The code with which the command ends."""
        return self.process.wait(STOP_WITHIN)

    def stop(self) -> int:
        """What a service manager does: a SIGTERM to the first process, which must see to the others."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=START_WITHIN)

    def children(self) -> set[int]:
        """The processes that the first one has started, as of now."""
        first = self.process.pid
        return set(map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split()))

    def is_left_behind(self) -> bool:
        """Whether any process of the command is still there."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        SERVERS.remove(self)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_WITHIN)


def free_port() -> int:
    """A port that the system gives to nobody else for a minute, since a connection has just ended on it. A server that
    asks for it by its number gets it."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        listener.accept()[0].close()
        client.recv(1)
        port: int = listener.getsockname()[1]
        return port
