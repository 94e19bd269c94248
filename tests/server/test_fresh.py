"""What one process has written, every worker shows at once, though it holds its answers in memory."""

import http.client
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from books import search
from books.apps import FUNCTIONS
from tests.server.databases import own_database
from tests.server.running import PLAIN, START_WITHIN, Server

pytestmark = pytest.mark.server

WORKERS, WRITES = 2, 100
Write = Callable[[str], None]


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    with own_database(tmp_path) as url:
        yield url


@pytest.fixture
def server(tmp_path: Path, database_url: str) -> Iterator[Server]:
    """Its access log is on, so that each answer tells its worker."""
    command = PLAIN.replace("-w 4", f"-w {WORKERS}")
    server = Server(command, tmp_path, DATABASE_URL=database_url, WORK="0", ACCESS_LOG="1")
    server.wait_until_open()
    yield server
    server.kill()


@pytest.fixture
def write(database_url: str, server: Server) -> Iterator[Write]:
    """Another program, which gives every book a title."""
    is_sqlite = database_url.startswith("sqlite")
    opened: Any = (
        sqlite3.connect(database_url.removeprefix("sqlite:///")) if is_sqlite else psycopg.connect(database_url)
    )
    with closing(opened) as connection:
        if is_sqlite:  # what makes a title's words must be known to whoever changes one
            for name, arguments in FUNCTIONS.items():
                connection.create_function(name, arguments, getattr(search, name))

        def write(title: str) -> None:
            connection.execute(f"UPDATE books_book SET title = '{title}'")  # noqa: S608 - a number and a word
            connection.commit()

        yield write


class Reader:
    """A connection that stays open, and so reads from one worker."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START_WITHIN)
        self.worker, _ = self.read()

    def read(self) -> tuple[str, str]:
        """The worker that answers, and the title that it shows."""
        self.connection.request("GET", "/books/?size=1")
        response = self.connection.getresponse()
        title = json.loads(response.read())["books"][0]["title"]
        return response.headers["X-Request-Id"].partition("-")[0], title


@pytest.fixture
def readers(server: Server) -> Iterator[list[Reader]]:
    """One for each worker."""
    with ExitStack() as opened:
        found: dict[str, Reader] = {}
        for _ in range(200):
            reader = Reader(server)
            opened.callback(reader.connection.close)
            found.setdefault(reader.worker, reader)
            if len(found) == WORKERS:
                break
        yield list(found.values())


def test_every_worker_shows_what_another_program_has_just_written(readers: list[Reader], write: Write) -> None:
    assert len(readers) == WORKERS
    for number in range(WRITES):
        write(f"title {number}")
        assert [reader.read()[1] for reader in readers for _ in range(2)] == [f"title {number}"] * 2 * WORKERS
