"""Jobs beside the server's own commands: nothing else is started, and nothing is lost."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from books.models.job import LEASE
from tests.server.catalogue import Catalogue
from tests.server.databases import Prepared
from tests.server.owner import Owner
from tests.server.running import PLAIN, START_WITHIN, procfile, wait_until

pytestmark = pytest.mark.server

ROWS = 8000
REJECTED = ROWS // 1000


class OwnedCatalogue(Catalogue, Owner):  # type: ignore[misc]
    """A server whose owner starts jobs."""

    def __init__(self, folder: Path, database_url: str, command: str, token: str) -> None:
        Catalogue.__init__(self, folder, database_url, command, WEB_CONCURRENCY="1")
        Owner.__init__(self, self.port, token)

    def read(self, sql: str) -> Any:
        """A row of the database, whether or not the server runs."""
        return self.sql(sql)[0]

    def imported(self) -> tuple[int, int]:
        """How many books of the list there are, and how many of them were written once."""
        found: tuple[int, int] = self.read(
            "SELECT COUNT(*), COUNT(CASE WHEN version = 1 THEN 1 END) FROM books_book WHERE source_key LIKE 'list:%'"
        )
        return found


Open = Callable[..., OwnedCatalogue]


def a_list() -> bytes:
    rows = (f"list:{n},{'' if n % 1000 == 9 else f'Book {n}'},Author {n % 97},{n % 900 + 1}" for n in range(ROWS))
    return "\n".join(["source_key,title,authors,pages", *rows]).encode()


def freeze_in_the_middle(catalogue: OwnedCatalogue) -> int:
    """Pause the job worker when it has imported a part of the list, however fast it is; its process id."""
    [worker] = catalogue.job_workers()

    def is_frozen_there() -> bool:
        os.kill(worker, signal.SIGSTOP)
        status, done = catalogue.read("SELECT status, done FROM books_job WHERE key = 'a'")
        assert status in {"queued", "running"}, "it was over too soon"
        if 500 <= done < ROWS:
            return True
        os.kill(worker, signal.SIGCONT)
        return False

    wait_until(is_frozen_there, START_WITHIN, "the import does not begin")
    return worker


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[tuple[Prepared, str]]:
    """A prepared database that has an owner, and the owner's token."""
    folder = tmp_path_factory.mktemp("owned")
    with prepared.database(folder) as url:
        owned = Prepared(folder, url)
        yield owned, owned.token()


@pytest.fixture
def open_catalogue(tmp_path: Path, owned: tuple[Prepared, str]) -> Iterator[Open]:
    """Starts the catalogue; called again, it does so on the same database, for the same owner."""
    opened: list[OwnedCatalogue] = []
    prepared, token = owned
    with prepared.database(tmp_path) as url:

        def open_catalogue() -> OwnedCatalogue:
            opened.append(OwnedCatalogue(tmp_path, url, procfile("web"), token))
            return opened[-1]

        yield open_catalogue
        for catalogue in opened:
            catalogue.server.kill()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory, owned: tuple[Prepared, str]) -> Iterator[OwnedCatalogue]:
    """Two workers, for tests that disturb nobody."""
    folder = tmp_path_factory.mktemp("catalogue")
    prepared, token = owned
    with prepared.database(folder) as url:
        catalogue = OwnedCatalogue(folder, url, PLAIN.replace("-w 4", "-w 2"), token)
        yield catalogue
        catalogue.server.kill()


def test_every_web_worker_tells_the_state_as_it_is(catalogue: OwnedCatalogue) -> None:
    catalogue.start_clock("told-by-all")
    catalogue.wait_for_status("told-by-all", "running")

    def ticks(_: int) -> list[int]:
        jobs = [catalogue.job("told-by-all") for _ in range(25)]
        assert {(job["id"], job["status"], job["attempt"]) for job in jobs} == {("told-by-all", "running", 1)}
        return [job["done"] for job in jobs]

    with ThreadPoolExecutor(4) as visitors:
        seen = list(visitors.map(ticks, range(4)))
    assert seen == [sorted(ticks) for ticks in seen]


def test_a_cancel_on_another_connection_ends_the_body_soon(catalogue: OwnedCatalogue) -> None:
    catalogue.start_clock("cancelled")
    catalogue.wait_for_status("cancelled", "running")
    assert catalogue.ask("DELETE", "/jobs/cancelled/").status == 202
    catalogue.wait_for_status("cancelled", "cancelled")  # by itself it would end after 1000 seconds


def test_the_health_check_is_no_job(catalogue: OwnedCatalogue) -> None:
    wait_until(lambda: catalogue.ask("GET", "/health_check/").status == 200, START_WITHIN, "it is not well")
    assert catalogue.start_clock("health_check", 1) == 202
    assert catalogue.ask("GET", "/health_check/").json == {"status": "ok", "database": "ok", "jobs": "ok"}


def test_keys_that_look_alike_are_different_jobs(catalogue: OwnedCatalogue) -> None:
    for number, key in enumerate(["2", "02", "a-b"], start=1):
        assert catalogue.start_clock(key, number) == 202
    assert [catalogue.job(key)["arguments"]["seconds"] for key in ("2", "02", "a-b")] == [1, 2, 3]


def test_the_same_start_on_many_connections_is_one_job(catalogue: OwnedCatalogue) -> None:
    with ThreadPoolExecutor(8) as visitors:
        statuses = list(visitors.map(lambda _: catalogue.start_clock("once", 1), range(16)))
    assert sorted(statuses) == [200] * 15 + [202]


def test_events_come_from_whichever_process_does_the_work(catalogue: OwnedCatalogue) -> None:
    catalogue.start_clock("watched")
    headers = {"Authorization": f"Bearer {catalogue.token}"}
    with closing(HTTPConnection("127.0.0.1", catalogue.port, timeout=START_WITHIN)) as connection:
        connection.request("GET", "/jobs/watched/events/", headers=headers)
        lines = connection.getresponse()
        states = (json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: "))
        first = next(state for state in states if state["done"])
        next(state for state in states if state["done"] > first["done"])
        catalogue.ask("DELETE", "/jobs/watched/")
        assert [state["status"] for state in states][-1] == "cancelled"


def test_a_job_is_worked_though_nothing_else_was_started(catalogue: OwnedCatalogue) -> None:
    catalogue.start_clock("a", 1)
    assert catalogue.wait_for_status("a", "succeeded")["result"] == {"ticks": 1}


@pytest.mark.once
def test_a_job_worker_that_was_killed_is_begun_again_and_goes_on_from_the_checkpoint(open_catalogue: Open) -> None:
    catalogue = open_catalogue()
    assert catalogue.start_import("a", a_list()) == 202
    os.kill(freeze_in_the_middle(catalogue), signal.SIGKILL)
    wait_until(lambda: len(catalogue.job_workers()) == 2, START_WITHIN, "no job worker is begun again")
    job = catalogue.wait_for_status("a", "succeeded", seconds=LEASE.total_seconds() + START_WITHIN)
    assert (job["attempt"], job["result"]["created"], job["result"]["rejected"]) == (2, ROWS - REJECTED, REJECTED)
    assert catalogue.imported() == (ROWS - REJECTED, ROWS - REJECTED)


@pytest.mark.once
def test_a_stop_in_the_middle_of_an_import_keeps_what_is_done(open_catalogue: Open) -> None:
    catalogue = open_catalogue()
    assert catalogue.start_import("a", a_list()) == 202
    worker = freeze_in_the_middle(catalogue)
    for process in (catalogue.server.process.pid, worker):  # as systemd stops a unit
        os.kill(process, signal.SIGTERM)
    os.kill(worker, signal.SIGCONT)
    assert catalogue.server.wait() == 0
    wait_until(lambda: not catalogue.server.is_left_behind(), START_WITHIN, "a process is left behind")
    status, attempt, owner, done = catalogue.read("SELECT status, attempt, owner, done FROM books_job WHERE key = 'a'")
    assert (status, attempt, owner) == ("queued", 0, "")
    assert catalogue.imported()[0] >= done - REJECTED > 0
    job = open_catalogue().wait_for_status("a", "succeeded")
    assert (job["attempt"], job["result"]["created"]) == (1, ROWS - REJECTED)
    assert catalogue.imported() == (ROWS - REJECTED, ROWS - REJECTED)


@pytest.mark.once
def test_a_job_of_a_server_that_was_killed_is_handed_back_and_no_process_stays(open_catalogue: Open) -> None:
    catalogue = open_catalogue()
    catalogue.start_clock("a")
    catalogue.wait_for_status("a", "running")
    catalogue.server.process.kill()
    catalogue.server.wait()
    wait_until(lambda: not catalogue.server.is_left_behind(), START_WITHIN, "a process is left behind")
    assert catalogue.read("SELECT status, attempt FROM books_job WHERE key = 'a'") == ("queued", 0)


@pytest.mark.once
def test_a_second_server_on_the_same_database_disturbs_no_job_of_the_first(open_catalogue: Open) -> None:
    first = open_catalogue()
    first.start_clock("a")
    first.wait_for_status("a", "running")
    owner = first.read("SELECT owner FROM books_job WHERE key = 'a'")
    second = open_catalogue()
    assert second.start_clock("b", 1) == 202
    second.wait_for_status("b", "succeeded")
    second.server.stop()
    assert first.read("SELECT owner, attempt, status FROM books_job WHERE key = 'a'") == (*owner, 1, "running")
