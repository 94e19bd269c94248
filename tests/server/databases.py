import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from django.db import connection


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """The DATABASE_URL of an empty database of the kind that this run tests; nobody else uses it."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'catalogue.sqlite3'}"
        return
    name = f"catalogue_{uuid4().hex}"
    given = os.environ["DATABASE_URL"]
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
