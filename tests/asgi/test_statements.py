"""No statement of a request runs longer than it may, or for nobody."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection, connections
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from books.backup.migrating import as_default_connection
from books.models import Topic
from django41_example.server.statements import (
    CONFLICT,
    DAMAGED,
    DISK_FULL,
    LOCKED,
    NO_DATABASE,
    READ_ONLY,
    TOO_LONG,
    Statements,
    limit_statements,
    refusal,
)
from tests.asgi.client import Exchange, ask, until
from tests.asgi.conftest import MakePool, Serve

pytestmark = pytest.mark.django_db(transaction=True)

ENDLESS = {
    "sqlite": "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) SELECT COUNT(*) FROM number",
    "postgresql": "SELECT pg_sleep(3600)",
}


class Endless:
    """A statement that ends only if something ends it."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()

    def run(self) -> None:
        with connection.cursor() as cursor:
            self.begun.set()
            try:
                cursor.execute(ENDLESS[connection.vendor])
                cursor.fetchall()
            finally:
                self.ended.set()


@pytest.fixture
def endless() -> Endless:
    return Endless()


@pytest.fixture
def view(endless: Endless) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        endless.run()
        return HttpResponse()

    return view


@pytest.fixture
def limited(request: pytest.FixtureRequest) -> Iterator[None]:
    """Connections of this process that are opened now have limits; a parameter is that of a statement, in seconds."""
    connections.close_all()
    connection_created.disconnect(dispatch_uid="limit_statements")  # of the application, where it was loaded
    limit_statements(seconds=getattr(request, "param", 0.1), lock_seconds=0.01)
    yield
    connection_created.disconnect(dispatch_uid="limit_statements")
    connections.close_all()


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_statement_that_takes_too_long_is_stopped_and_the_client_is_told_what_to_do(
    method: str, view: Any, serve: Serve, make_pool: MakePool
) -> None:
    handler = serve(view, make_pool(1, statement_timeout=0.1))
    answer = await ask(handler, method=method)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "Narrow the search" in answer.json()["detail"]


@pytest.mark.usefixtures("limited")
async def test_what_is_stopped_is_a_page_for_a_browser(view: Any, serve: Serve, make_pool: MakePool) -> None:
    answer = await ask(serve(view, make_pool(1, statement_timeout=0.1)), headers=[("accept", "text/html")])
    assert (answer.status, b"Narrow the search" in answer.body) == (503, True)


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("limited", [2], indirect=True)  # in which any machine counts to nothing
async def test_the_thread_of_a_stopped_statement_serves_the_next_request(
    endless: Endless, serve: Serve, make_pool: MakePool
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        if request.path == "/endless/":
            endless.run()
        return HttpResponse(str(Topic.objects.count()))

    handler = serve(view, make_pool(1, statement_timeout=2))
    assert (await ask(handler, "/endless/")).status == 503
    assert (await ask(handler)).body == b"0"


def test_who_computes_for_long_between_two_statements_keeps_the_next() -> None:
    statements = Statements()
    with closing(connection.copy()) as opened:
        statements.watch(opened)
        assert statements.is_late(statements.began + 2, 1) is (opened.vendor == "sqlite")  # which interrupts no other


async def test_what_only_reads_ends_with_its_client(
    endless: Endless, view: Any, serve: Serve, make_pool: MakePool
) -> None:
    pool = make_pool(1)
    exchange = Exchange(serve(view, pool))
    task = exchange.start()
    await until(endless.begun.is_set)
    exchange.leave()
    await task
    await until(endless.ended.is_set)


async def test_a_write_is_finished_though_its_client_has_left(serve: Serve, make_pool: MakePool) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    def view(request: HttpRequest) -> HttpResponse:
        begun.set()
        assert may_go_on.wait(10)
        Topic.objects.create(name="Kept", slug="kept")
        return HttpResponse()

    pool = make_pool(1)
    exchange = Exchange(serve(view, pool), method="POST")
    task = exchange.start()
    await until(begun.is_set)
    exchange.leave()
    looked = pool.looking
    await until(lambda: pool.looking is not looked)
    may_go_on.set()
    await task
    assert await Topic.objects.filter(slug="kept").aexists()


async def test_a_statement_of_a_stream_ends_with_its_client(
    endless: Endless, serve: Serve, make_pool: MakePool
) -> None:
    async def view(request: HttpRequest) -> StreamingHttpResponse:
        async def parts() -> Any:
            yield "begun"
            await sync_to_async(endless.run)()

        return StreamingHttpResponse(parts())

    exchange = Exchange(serve(view, make_pool(1)))
    task = exchange.start()
    await until(endless.begun.is_set)
    exchange.leave()
    await task
    await until(endless.ended.is_set)


@pytest.mark.usefixtures("limited")
def test_each_connection_of_the_server_has_limits(tmp_path: Path) -> None:
    opened = connection.copy()
    limits: dict[str, object] = {"SHOW statement_timeout": "100ms", "SHOW lock_timeout": "10ms"}
    if connection.vendor == "sqlite":
        limits = {"PRAGMA busy_timeout": 10}
        opened.settings_dict["NAME"] = tmp_path / "new.sqlite3"  # one in memory stays open, and as it is
    with closing(opened), opened.cursor() as cursor:
        for question, limit in limits.items():
            cursor.execute(question)
            assert cursor.fetchone() == (limit,)


@pytest.mark.sqlite
@pytest.mark.usefixtures("limited")
def test_a_writer_that_cannot_get_sqlites_lock_is_told_so() -> None:
    program = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    program.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError) as raised:
        Topic.objects.create(name="Late", slug="late")
    program.rollback()
    program.close()
    assert refusal(raised.value) == LOCKED


@pytest.mark.postgresql
@pytest.mark.usefixtures("limited")
def test_a_writer_that_cannot_get_a_lock_of_postgresql_is_told_so() -> None:
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": None, "context": None}) as program:
        program.execute("LOCK TABLE books_topic IN EXCLUSIVE MODE")
        with pytest.raises(OperationalError) as raised:
            Topic.objects.create(name="Late", slug="late")
    assert refusal(raised.value) == LOCKED


@pytest.mark.sqlite
def test_a_full_disk_is_told_from_a_database_that_is_away() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1")  # SQLite takes the pages that there are
        cursor.execute("PRAGMA freelist_count")  # those that earlier tests have left
        [pages] = cursor.fetchone()
        topics = [Topic(name=f"{number:0200}", slug=f"t{number}") for number in range(2000 + 20 * pages)]
        with pytest.raises(OperationalError) as raised:
            Topic.objects.bulk_create(topics)
        cursor.execute("PRAGMA max_page_count = 1073741823")
    assert refusal(raised.value) == DISK_FULL


@pytest.mark.once
async def test_a_database_that_is_damaged_or_read_only_is_told_without_a_500(
    tmp_path: Path, serve: Serve, make_pool: MakePool
) -> None:
    path = tmp_path / "catalogue.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE books (id INTEGER)")
    path.write_bytes(path.read_bytes()[:4096] + b"another page" * 1000)

    def view(request: HttpRequest) -> HttpResponse:
        with as_default_connection(path), connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = ON")
            cursor.execute("SELECT * FROM books" if request.path == "/damaged" else "DELETE FROM books")
        return HttpResponse()

    for place, (status, detail, headers) in (("/damaged", DAMAGED), ("/read-only", READ_ONLY)):
        answer = await ask(serve(view, make_pool(1)), place, method="POST")
        assert (answer.status, answer.json()["detail"]) == (status, detail)
        assert answer.headers["retry-after"] == headers["Retry-After"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (psycopg.errors.DiskFull(), DISK_FULL),
        (psycopg.errors.QueryCanceled(), TOO_LONG),
        (psycopg.errors.DeadlockDetected(), CONFLICT),
        (psycopg.errors.AdminShutdown(), NO_DATABASE),
        (psycopg.errors.ReadOnlySqlTransaction(), READ_ONLY),
        (psycopg.errors.DataCorrupted(), DAMAGED),
        (None, NO_DATABASE),
    ],
)
def test_each_error_of_postgresql_says_what_to_do(cause: Any, expected: Any) -> None:
    error = OperationalError()
    error.__cause__ = cause
    assert refusal(error) == expected
