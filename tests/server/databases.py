"""Databases for servers, of the kind that this run tests: empty ones, and prepared ones, for a start in less time."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from django.db import connection

from tests.server.place import Place


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


class Prepared(Place):
    """What a server makes when it first starts, the starter books among it: made once, and copied."""

    @contextmanager
    def database(self, folder: Path) -> Iterator[str]:
        """The DATABASE_URL of a copy; what else has been made is put into the folder, where a server finds it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with empty_database(folder, urlsplit(self.database_url).path.rpartition("/")[2]) as url:
            yield url
