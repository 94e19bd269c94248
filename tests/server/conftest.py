from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.databases import Prepared
from tests.server.running import Server


@pytest.fixture
def database_url(tmp_path: Path, prepared: Prepared) -> Iterator[str]:
    with prepared.database(tmp_path) as url:
        yield url


@pytest.fixture
def start(tmp_path: Path, database_url: str) -> Iterator[Callable[..., Server]]:
    """Starts a command with a prepared database of its own; further variables of its environment may follow."""
    started: list[Server] = []

    def start(command: str, **variables: str) -> Server:
        started.append(Server(command, tmp_path, **{"DATABASE_URL": database_url, **variables}))
        return started[-1]

    yield start
    for server in started:
        server.kill()
