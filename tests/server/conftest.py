from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.databases import own_database
from tests.server.running import PLAIN, Server


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    with own_database(tmp_path) as url:
        yield url


@pytest.fixture
def start(tmp_path: Path, database_url: str) -> Iterator[Callable[..., Server]]:
    """Starts a command with an empty database of its own; further variables of its environment may follow."""
    started: list[Server] = []

    def start(command: str, **variables: str) -> Server:
        started.append(Server(command, tmp_path, **{"DATABASE_URL": database_url, **variables}))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The plain command, running: for tests that only look."""
    folder = tmp_path_factory.mktemp("server")
    with own_database(folder) as url:
        server = Server(PLAIN, folder, DATABASE_URL=url)
        yield server
        server.kill()
