from collections.abc import Callable

import pytest

from tests import postgres
from tests.server.running import Server, procfile

pytestmark = [pytest.mark.server, pytest.mark.postgresql]

Start = Callable[..., Server]


def test_while_the_database_is_away_it_says_so_and_then_goes_on(start: Start) -> None:
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip(postgres.MISSING)
    with postgres.throwaway_cluster(binaries) as url:
        server = start(procfile("web"), WEB_CONCURRENCY="1", DATABASE_URL=url)
        statuses = [server.get("/books/").status]
        postgres.stop(binaries, url)
        away = server.get("/books/")
        postgres.start(binaries, url)
        statuses += [server.get("/books/").status for _ in range(10)]
    assert (away.status, away.headers["Retry-After"]) == (503, "2")
    assert statuses == [200] * 11
