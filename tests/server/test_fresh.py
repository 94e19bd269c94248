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

from tests.server.databases import Prepared
from tests.server.running import PLAIN, START_WITHIN, Server, wait_until

pytestmark = pytest.mark.server

WORKERS, WRITES = 2, 30
Write = Callable[[str], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fresh")


@pytest.fixture(scope="module")
def database_url(folder: Path, prepared: Prepared) -> Iterator[str]:
    with prepared.database(folder) as url:
        yield url


@pytest.fixture(scope="module")
def server(folder: Path, database_url: str) -> Iterator[Server]:
    command = PLAIN.replace("-w 4", f"-w {WORKERS}")
    server = Server(command, folder, DATABASE_URL=database_url, WORK="0")
    is_there = "Application startup complete"  # once for each: one answers before the other
    wait_until(lambda: server.log().count(is_there) == WORKERS, START_WITHIN, "a worker is missing")
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

        def write(title: str) -> None:
            connection.execute(f"UPDATE books_book SET title = '{title}'")  # noqa: S608 - a number and a word
            connection.commit()

        yield write


class Reader:
    """A connection that stays open, and so reads from one worker."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START_WITHIN)
        self.connection.request("GET", "/health_check/live/")  # which no memory answers
        response = self.connection.getresponse()
        response.read()
        self.worker = response.headers["X-Request-Id"].partition("-")[0]

    def read(self, query: str = "") -> str:
        """The title that it is shown; "" if it finds nothing."""
        self.connection.request("GET", f"/books/?size=1&q={query}")
        response = self.connection.getresponse()
        titles: list[str] = [book["title"] for book in json.loads(response.read())["books"]]
        return titles[0] if titles else ""


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
        assert [reader.read() for reader in readers for _ in range(3)] == [f"title {number}"] * 3 * WORKERS


def test_every_worker_finds_what_another_program_has_just_written_and_no_longer_what_was_there(
    readers: list[Reader], write: Write
) -> None:
    assert len(readers) == WORKERS
    write("title0")
    for number in range(1, WRITES):
        old, new = f"title{number - 1}", f"title{number}"
        assert [reader.read(old) for reader in readers] == [old] * WORKERS
        write(new)
        order = readers[:: -1 if number % 2 else 1]  # whoever reads first takes up what was written
        assert [(reader.read(new), reader.read(old)) for reader in order] == [(new, "")] * WORKERS
