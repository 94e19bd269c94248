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
    """Starts a command with a prepared database of its own; further variables of its environment may follow.

    One worker and none for jobs, where the test does not say otherwise: each costs seconds of processor time.
    """
    least = {"DATABASE_URL": database_url, "WEB_CONCURRENCY": "1", "WORK": "0"}
    started: list[Server] = []

    def start(command: str, **variables: str) -> Server:
        started.append(Server(command, tmp_path, **{**least, **variables}))
        return started[-1]

    yield start
    for server in started:
        server.kill()
