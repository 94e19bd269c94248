"""Databases for servers, of the kind that this run tests: empty ones, and prepared ones, for a start in less time."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from django.db import connection

from tests.server.running import PROJECT, environment


@contextmanager
def empty_database(folder: Path, template: str = "template1") -> Iterator[str]:
    """The DATABASE_URL of an empty database that nobody else uses; on PostgreSQL it may be made like another."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'catalogue.sqlite3'}"
        return
    name = f"catalogue_{uuid4().hex}"
    given = os.environ["DATABASE_URL"]
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Prepared:
    """What a server makes when it first starts, the starter books among it: made once, and copied."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def manage(self, *command: str) -> str:
        program = [sys.executable, "manage.py", *command]
        variables = environment(self.folder, {"DATABASE_URL": self.url})
        return subprocess.run(program, cwd=PROJECT, env=variables, check=True, capture_output=True, text=True).stdout

    @contextmanager
    def database(self, folder: Path) -> Iterator[str]:
        """The DATABASE_URL of a copy; what else has been made is put into the folder, where a server finds it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with empty_database(folder, urlsplit(self.url).path.rpartition("/")[2]) as url:
            yield url
