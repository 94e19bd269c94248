"""What the event loop asks PostgreSQL by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError, ProgrammingError, connection
from django.http import HttpRequest, JsonResponse

from django41_example.server.handler import Handler
from django41_example.server.postgresql import LoopQuery
from django41_example.server.threads import current_checkout, in_thread
from tests.asgi.client import Exchange, ask, until
from tests.asgi.conftest import MakePool, Serve

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

Answer = Callable[[Callable[[], Awaitable[Any]]], Handler]
PID = "SELECT pg_backend_pid()"
PREPARED = "SELECT statement FROM pg_prepared_statements ORDER BY prepare_time"


async def asked(sql: str, *parameters: Any) -> Any:
    """By the loop, once its thread has opened the connection."""
    checkout: Any = current_checkout.get()
    return await checkout.call(LoopQuery(checkout, sql, parameters))


def in_sync(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@pytest.fixture
def answer(serve: Serve, make_pool: MakePool) -> Answer:
    """A server with one thread, whose view answers with what the function gives."""

    def answer(function: Callable[[], Awaitable[Any]]) -> Handler:
        async def view(request: HttpRequest) -> JsonResponse:
            return JsonResponse(await function(), safe=False)

        return serve(view, make_pool(1))

    return answer


async def test_rows_come_with_the_types_that_they_have(answer: Answer) -> None:
    handler = answer(
        lambda: asked("SELECT %s::bigint + 1, %s, NULL, '%%', n FROM generate_series(1, 2) AS n", 2, "猫%s")
    )
    for _ in range(3):  # by the thread, which opens the connection; by the loop, which prepares it; as it is prepared
        assert (await ask(handler)).json() == [[3, "猫%s", None, "%", 1], [3, "猫%s", None, "%", 2]]


async def test_a_value_larger_than_the_socket_takes_at_once_is_sent_in_parts(answer: Answer) -> None:
    async def length() -> Any:
        await asked(PID)
        return await asked("SELECT length(%s)", "x" * 5_000_000)

    assert (await ask(answer(length))).json() == [[5_000_000]]


async def test_a_query_is_prepared_once_for_each_kind_of_its_values(answer: Answer) -> None:
    async def names() -> Any:
        for value in (1, 2, 3, 2**40, "text"):
            await asked("SELECT %s", value)
        return [statement for (statement,) in await sync_to_async(in_sync)(PREPARED)]

    handler = answer(names)
    await ask(handler)
    assert (await ask(handler)).json() == ["SELECT $1"] * 3


async def test_a_connection_keeps_no_more_than_a_hundred(answer: Answer) -> None:
    async def left() -> Any:
        await asked(PID)
        values = [(await asked(f"SELECT {number}"))[0][0] for number in range(120)]
        return values, len(await sync_to_async(in_sync)(PREPARED))

    assert (await ask(answer(left))).json() == [[*range(120)], 100]


async def test_an_error_is_djangos_and_the_connection_goes_on(answer: Answer) -> None:
    async def errors() -> Any:
        pids = [await asked(PID)]
        for sql in ("SELECT 1 / %s", "SELECT 1 / %s", "SELECT nothing FROM nowhere WHERE id = %s"):
            try:
                await asked(sql, 0)
            except (DataError, ProgrammingError) as error:
                pids.append(str(error).splitlines()[0])
        return [*pids[1:], pids[0] == await asked(PID)]

    missing = 'relation "nowhere" does not exist'
    assert (await ask(answer(errors))).json() == [*["division by zero"] * 2, missing, True]


async def test_a_sync_call_waits_for_the_loop_to_be_done_with_the_connection(answer: Answer) -> None:
    async def both() -> Any:
        await asked(PID)
        return await asyncio.gather(asked("SELECT %s::int", 1), in_thread(in_sync, "SELECT 2"), asked("SELECT 3"))

    assert (await ask(answer(both))).json() == [[[1]], [[2]], [[3]]]


async def test_it_has_not_run_since_the_thread_was_last_used(answer: Answer) -> None:
    async def seconds() -> Any:
        await asked(PID)
        checkout: Any = current_checkout.get()
        checkout.thread.statements.began -= 3600
        query = checkout.call(LoopQuery(checkout, "SELECT 1", []))
        running = time.monotonic() - checkout.thread.statements.began
        await query
        return running < 60

    assert (await ask(answer(seconds))).json() is True


async def test_a_query_ends_with_its_client(serve: Serve, make_pool: MakePool) -> None:
    async def view(request: HttpRequest) -> JsonResponse:
        await asked(PID)
        return JsonResponse(await asked("SELECT pg_sleep(3600)"), safe=False)

    pool = make_pool(1)
    exchange = Exchange(serve(view, pool))
    task = exchange.start()
    sleeping = "SELECT COUNT(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3600)' AND state = 'active'"
    while await sync_to_async(in_sync)(sleeping) != [(1,)]:
        pass
    exchange.leave()
    await task
    await until(lambda: pool.checked_out == 0)


async def test_what_loses_its_connection_is_asked_again_on_a_new_one(answer: Answer) -> None:
    handler = answer(lambda: asked(PID))
    await ask(handler)
    ((old,),) = (await ask(handler)).json()
    await sync_to_async(in_sync)(f"SELECT pg_terminate_backend({old}, 5000)")
    response = await ask(handler)
    assert (response.status, response.json() != [[old]]) == (200, True)
