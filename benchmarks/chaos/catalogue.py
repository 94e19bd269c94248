"""A catalogue of one's own to be rough with: its server, database and commands."""

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from benchmarks.chaos.report import figure
from tests import postgres
from tests.server.running import PROJECT, Server, environment

COMMAND = "gunicorn django41_example.asgi:application -k uvicorn.workers.UvicornWorker -w"
READY = 2.0  # seconds that workers take after the first of them answers
OWNER = {"DJANGO_SUPERUSER_PASSWORD": "correct horse", "DJANGO_SUPERUSER_EMAIL": "a@b.test"}


@dataclass(frozen=True)
class Options:
    quick: bool = False
    postgres: bool = False

    @property
    def kind(self) -> str:
        return "PostgreSQL" if self.postgres else "SQLite"

    def scaled(self, number: int) -> int:
        return max(1, number // 10) if self.quick else number


class Used(NamedTuple):
    """By a command."""

    seconds: float
    processor: float
    megabytes: int

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s, {self.processor:.1f} s of processor time, {self.megabytes} MB of memory"


class Place:
    """A folder and a database, and commands there, maybe under another program."""

    def __init__(self, folder: Path, database_url: str, under: str = "", **variables: str) -> None:
        self.folder, self.database_url, self.under = folder, database_url, under
        self.variables = {
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "django41_example.settings",
            "PYTHONUNBUFFERED": "1",
            **variables,
        }

    def begin(self, *program: str) -> "subprocess.Popen[str]":
        """A program of Python."""
        command, variables = [*self.under.split(), sys.executable, *program], environment(self.folder, self.variables)
        return subprocess.Popen(command, cwd=PROJECT, env=variables | OWNER, stdout=subprocess.PIPE, text=True)

    def start(self, *command: str) -> "subprocess.Popen[str]":
        return self.begin("manage.py", *command)

    def manage(self, *command: str) -> str:
        return output_of(self.start(*command))

    def run(self, module: str, *arguments: str) -> str:
        return output_of(self.begin("-m", module, *arguments))

    def measured(self, *command: str) -> Used:
        began = time.monotonic()
        process = self.start(*command)
        assert process.stdout
        told = process.stdout.read()
        _, process.returncode, used = os.wait4(process.pid, 0)
        assert not process.returncode, told
        return Used(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss >> 10)

    def sql(self, statement: str, *values: object) -> list[Any]:
        """As another program does it; each ? stands for a value."""
        if self.database_url.startswith("sqlite"):
            with closing(sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=20)) as file, file:
                return file.execute(statement, values).fetchall()
        with psycopg.connect(self.database_url) as server:
            cursor = server.execute(statement.replace("?", "%s").encode(), values)
            return cursor.fetchall() if cursor.description else []

    def tell_integrity(self) -> None:
        """PostgreSQL sees to its own."""
        if self.database_url.startswith("sqlite"):
            [(integrity,)] = self.sql("PRAGMA integrity_check")
            figure("integrity", integrity, aim="ok", reached=integrity == "ok")

    def digests(self) -> str:
        return self.run("benchmarks.chaos.contents", "digests")

    def token(self) -> str:
        """A token that may do everything."""
        self.manage("createsuperuser", "--noinput", "--username", "owner")
        scopes = [f"--scope={scope}" for scope in ("read", "write", "jobs")]
        return self.manage("create_token", "owner", *scopes).split()[-1]


def output_of(process: "subprocess.Popen[str]") -> str:
    told, _ = process.communicate()
    assert not process.returncode, process.args
    return told


class Catalogue(Place):
    """With a server."""

    def __init__(self, folder: Path, database_url: str, workers: int, under: str, **variables: str) -> None:
        temporary = folder / "tmp"
        temporary.mkdir()
        own = {"DJANGO_SETTINGS_MODULE": "tests.server.site_settings", "TMPDIR": str(temporary)}
        super().__init__(folder, database_url, under, **own, **variables)
        self.server = Server(f"{under}{COMMAND} {workers}", folder, **self.variables)
        self.port = self.server.port

    def workers(self) -> list[int]:
        """The processes that answer requests now."""
        jobs = re.findall(r"Booting job worker with pid: (\d+)", self.server.log())
        return sorted(self.server.children() - set(map(int, jobs)))


@contextmanager
def serving(
    options: Options, *, workers: int = 4, under: str = "", on: Path | None = None, **variables: str
) -> Iterator[Catalogue]:
    """A server, maybe under another program, or on another disk."""
    with tempfile.TemporaryDirectory(dir=on, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with database(options, folder) as url:
            catalogue = Catalogue(folder, url, workers, under, **variables)
            try:
                catalogue.server.wait_until_open()
                time.sleep(READY)
                yield catalogue
            except BaseException:
                print(catalogue.server.log()[-4000:])
                raise
            finally:
                catalogue.server.kill()


@contextmanager
def database(options: Options, folder: Path) -> Iterator[str]:
    if not options.postgres:
        yield f"sqlite:///{folder / 'catalogue.sqlite3'}"
        return
    binaries = postgres.find_binaries()
    if binaries is None:
        sys.exit(postgres.MISSING)
    with postgres.throwaway_cluster(binaries) as url:
        yield url
