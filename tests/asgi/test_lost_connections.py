"""The database ends connections of the pool's threads: as a restart of it does."""

from collections.abc import Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse

from books.models import Topic
from django41_example.server.handler import Handler
from tests.asgi.client import ask
from tests.asgi.conftest import MakePool, Serve

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

End = Callable[[int], Awaitable[None]]


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.fixture
def end() -> End:
    """Ends a connection, seen from the database."""

    def end(pid: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    return sync_to_async(end)


@pytest.fixture
def handler(serve: Serve, make_pool: MakePool) -> Handler:
    """Reads at a GET and writes at a POST; tells which process of the database it spoke to, and how often it tried."""
    tries: list[str] = []

    async def view(request: HttpRequest) -> HttpResponse:
        tries.append(str(request.method))
        if request.method == "POST":
            await Topic.objects.acreate(name=request.path, slug=request.path.strip("/"))
        pid = await sync_to_async(backend)()
        return HttpResponse(f"{pid} {''.join(tries)}")

    return serve(view, make_pool(1))


async def pid_of(handler: Handler) -> int:
    return int((await ask(handler)).body.split()[0])


async def test_what_only_reads_is_tried_once_more_on_a_new_connection(handler: Handler, end: End) -> None:
    old = await pid_of(handler)
    await end(old)
    answer = await ask(handler)
    new, tries = answer.body.split()
    assert (answer.status, int(new) != old, tries) == (200, True, b"GETGETGET")


async def test_a_write_looks_at_its_connection_before_it_uses_it(handler: Handler, end: End) -> None:
    await end(await pid_of(handler))
    answer = await ask(handler, "/new/", method="POST")
    assert (answer.status, answer.body.split()[1]) == (200, b"GETPOST")
    assert await Topic.objects.filter(slug="new").acount() == 1


async def test_a_connection_that_failed_is_dropped_by_the_request_after_it(handler: Handler, end: End) -> None:
    await end(await pid_of(handler))
    first, second = await pid_of(handler), await pid_of(handler)
    assert first == second


@pytest.mark.parametrize(("method", "tried"), [("POST", 1), ("GET", 2)])
async def test_what_loses_its_connection_in_the_middle_again_and_again_is_refused(
    method: str, tried: int, serve: Serve
) -> None:
    tries: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        tries.append(backend())
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return HttpResponse()

    answer = await ask(serve(view), method=method)
    assert (answer.status, answer.headers["retry-after"], len(tries)) == (503, "2", tried)
