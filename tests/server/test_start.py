"""The commands by which people start the catalogue, from a fresh checkout: no database, nothing collected."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.databases import Prepared, empty_database
from tests.server.running import PLAIN, PRODUCTION, PROJECT, Server, procfile

pytestmark = pytest.mark.server

OTHER_WORKERS = PLAIN.replace("uvicorn.workers.", "uvicorn_worker.")
COMMANDS = {"the Procfile's": procfile("web"), "gunicorn with the other UvicornWorker": OTHER_WORKERS}
STARTER_BOOKS = (PROJECT / "books/starter_books.csv").read_text().count("starter:")
Start = Callable[..., Server]


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    with empty_database(tmp_path) as url:
        yield url


@pytest.fixture
def prepared_url(tmp_path: Path, prepared: Prepared) -> Iterator[str]:
    """For tests of what is not different the first time: to migrate takes longer than all else at a start."""
    with prepared.database(tmp_path) as url:
        yield url


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The plain command, running: for tests that only look."""
    folder = tmp_path_factory.mktemp("server")
    with empty_database(folder) as url:
        server = Server(PLAIN, folder, DATABASE_URL=url)
        yield server
        server.kill()


def test_the_plain_command_serves_the_starter_books_as_json(server: Server) -> None:
    answer = server.get("/books/", Accept="*/*")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["count"] == STARTER_BOOKS


@pytest.mark.once
def test_the_other_class_of_workers_does_the_same(start: Start, prepared_url: str) -> None:
    server = start(OTHER_WORKERS.replace("-w 4", "-w 1"), DATABASE_URL=prepared_url)
    assert server.get("/books/").json["count"] == STARTER_BOOKS


@pytest.mark.once
def test_the_log_names_the_address_to_open(server: Server) -> None:
    server.wait_until_open()
    assert f"The catalogue is open at {server.url}/" in server.log()


@pytest.mark.once
def test_it_listens_on_loopback_only(server: Server) -> None:
    server.wait_until_open()
    assert listening_addresses(server.port) == {"0100007F"}  # 127.0.0.1 as /proc writes it


def listening_addresses(port: int) -> set[str]:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        address for address, _, at in (row[1].partition(":") for row in rows if row[3] == "0A") if int(at, 16) == port
    }


@pytest.mark.once
def test_it_writes_into_the_folder_for_that_and_nowhere_else(start: Start, tmp_path: Path) -> None:
    start(procfile("web"), WORK="1").wait_until_open()
    beside = {path.name for path in tmp_path.iterdir() if not path.name.startswith("catalogue.sqlite3")}
    assert {path.rpartition(".")[2] for path in beside} == {"var", "log"}


@pytest.mark.once
def test_a_page_links_a_stylesheet_that_browsers_keep_for_good(server: Server) -> None:
    page = server.get("/", Accept="text/html").body.decode()
    link = re.search(r'"(/static/[^"]+\.css)"', page)
    assert link is not None
    stylesheet = server.get(link[1])
    assert stylesheet.headers["Content-Type"] == 'text/css; charset="utf-8"'
    assert "immutable" in stylesheet.headers["Cache-Control"]


@pytest.mark.once
def test_in_development_static_files_come_from_where_they_are_written(start: Start, prepared_url: str) -> None:
    command = procfile("web").replace("django41_example.asgi", "dev.asgi")
    server = start(command, DEBUG="1", DATABASE_URL=prepared_url)
    stylesheet = server.get("/static/books/style.css")
    assert stylesheet.body == (PROJECT / "books/static/books/style.css").read_bytes()


@pytest.mark.once
def test_an_unknown_static_file_is_refused_in_our_format(server: Server) -> None:
    answer = server.get("/static/nothing.css")
    assert (answer.status, list(answer.json)) == (404, ["detail"])


def test_two_servers_that_start_at_once_share_one_database(start: Start) -> None:
    servers = [start(procfile("web")) for _ in range(2)]
    assert [server.get("/books/").json["count"] for server in servers] == [STARTER_BOOKS, STARTER_BOOKS]


def test_in_production_release_and_web_serve_the_network_and_add_no_starter_books(start: Start) -> None:
    assert start(procfile("release"), **PRODUCTION).wait() == 0
    server = start(procfile("web"), **PRODUCTION, BEHIND_PROXY="1")
    answer = server.get("/books/", Host="books.test", X_Forwarded_Proto="https")
    assert answer.json["count"] == 0
    assert listening_addresses(server.port) == {"00000000"}


@pytest.mark.once
def test_in_production_the_command_serve_prepares_by_itself(start: Start) -> None:
    """Also where there is no folder for data yet."""
    server = start("python -m django41_example serve", **PRODUCTION, BEHIND_PROXY="1", DATABASE_URL="")
    assert server.get("/books/", Host="books.test", X_Forwarded_Proto="https").json["count"] == 0
    assert "https://books.test/accounts/first/" in server.log()
