"""A thread is checked out by one request at a time, and returned whatever becomes of it."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from books.models import Book
from django41_example.server.thread_pool import Limits, ThreadPool
from django41_example.server.threads import Checkout, PoolTimeout, release
from tests.asgi.client import Exchange, ask, until
from tests.asgi.conftest import Gate, MakePool, Serve

pytestmark = pytest.mark.once

JSON = [("accept", "application/json")]
HTML = [("accept", "text/html")]


async def thread_name() -> str:
    return await sync_to_async(lambda: threading.current_thread().name)()


async def tell_thread(request: HttpRequest) -> HttpResponse:
    return HttpResponse(await thread_name())


async def test_a_request_that_needs_no_thread_takes_none(serve: Serve, make_pool: MakePool) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("quick")

    pool = make_pool()
    await ask(serve(view, pool))
    assert pool.started == 0


async def test_all_sync_calls_of_a_request_run_in_one_thread(serve: Serve) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(",".join([await thread_name() for _ in range(3)]))

    assert (await ask(serve(view))).body == b"pool-1,pool-1,pool-1"


async def test_a_sync_view_runs_in_a_thread_of_the_pool(serve: Serve) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(threading.current_thread().name)

    assert (await ask(serve(view))).body == b"pool-1"


async def test_requests_at_the_same_time_have_a_thread_each(serve: Serve, gate: Gate) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        gate.pass_through()
        return HttpResponse(threading.current_thread().name)

    handler = serve(view)
    both = asyncio.gather(ask(handler), ask(handler))
    await until(lambda: gate.waiting == 2)
    gate.open()
    assert {answer.body for answer in await both} == {b"pool-1", b"pool-2"}


async def test_the_next_request_uses_the_same_thread(serve: Serve) -> None:
    handler = serve(tell_thread)
    assert [(await ask(handler)).body for _ in range(3)] == [b"pool-1"] * 3


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
async def test_the_next_request_uses_the_same_connection(serve: Serve) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        Book.objects.exists()
        return HttpResponse(str(id(connection.connection)))

    handler = serve(view)
    first, second = await ask(handler), await ask(handler)
    assert first.body == second.body != b"None"


@pytest.mark.both
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
async def test_the_next_request_speaks_to_the_same_process_of_the_database(serve: Serve) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        connection.ensure_connection()
        return HttpResponse(str(connection.connection.info.backend_pid))

    handler = serve(view)
    assert (await ask(handler)).body == (await ask(handler)).body


async def test_there_are_never_more_threads_than_the_size(serve: Serve, make_pool: MakePool, gate: Gate) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        gate.pass_through()
        return HttpResponse()

    pool = make_pool(2, queue_length=20)
    handler = serve(view, pool)
    asked = asyncio.gather(*(ask(handler) for _ in range(10)))
    await until(lambda: len(pool.queue) == 8)
    gate.open()
    assert {answer.status for answer in await asked} == {200}
    assert pool.started == 2


async def test_the_request_that_waits_longest_is_next(make_pool: MakePool) -> None:
    pool = make_pool(1)
    turns: list[str] = []
    holder, *line = (Checkout(pool, writes=False) for _ in range(4))
    await holder.submit(int)
    calls = [checkout.submit(turns.append, number) for number, checkout in enumerate(line)]
    for checkout, call in zip([holder, *line], [*calls, None], strict=True):
        checkout.end()
        if call:
            await call
    assert turns == [0, 1, 2]


async def test_quick_requests_with_a_head_start_run_one_after_the_other(make_pool: MakePool) -> None:
    pool = make_pool(2, head_start=60)
    first, second = Checkout(pool, writes=False), Checkout(pool, writes=False)
    await first.submit(int)
    waiting = second.submit(int)
    assert (pool.started, len(pool.queue)) == (1, 1)
    first.end()
    await waiting
    assert pool.started == 1
    second.end()


async def test_slow_requests_with_a_head_start_run_side_by_side(make_pool: MakePool, gate: Gate) -> None:
    pool = make_pool(3, head_start=0.01)
    holders = [Checkout(pool, writes=False) for _ in range(3)]
    calls = [checkout.submit(gate.pass_through) for checkout in holders]
    await until(lambda: gate.waiting == 3)
    gate.open()
    await asyncio.gather(*calls)
    for checkout in holders:
        checkout.end()


async def test_the_thread_that_was_used_last_is_taken_first(make_pool: MakePool) -> None:
    pool = make_pool(2)
    first, second = Checkout(pool, writes=False), Checkout(pool, writes=False)
    for checkout in (first, second):
        await checkout.submit(int)
    for checkout in (second, first):
        checkout.end()
    assert [thread.thread.name for thread in pool.idle] == ["pool-2", "pool-1"]


@pytest.fixture
async def taken(make_pool: MakePool) -> Any:
    """A pool of one thread, which is checked out; one request may wait for it."""
    pool = make_pool(1, queue_length=1, queue_timeout=0.01)
    holder = Checkout(pool, writes=False)
    await holder.submit(int)
    yield pool
    holder.end()


async def test_a_full_queue_takes_no_more(taken: Any) -> None:
    waiting, refused = Checkout(taken, writes=False), Checkout(taken, writes=False)
    waiting.submit(int)
    assert isinstance(refused.submit(int).exception(), PoolTimeout)
    waiting.end()


async def test_a_request_may_wait_for_more_than_one_call(taken: Any) -> None:
    waiting = Checkout(taken, writes=False)
    calls = [waiting.submit(int) for _ in range(3)]
    assert (len(taken.queue), [call.done() for call in calls]) == (1, [False] * 3)
    waiting.end()


async def test_a_request_that_waits_too_long_leaves_the_queue(taken: Any) -> None:
    with pytest.raises(PoolTimeout):
        await Checkout(taken, writes=False).submit(int)
    assert not taken.queue


async def test_a_cancelled_call_does_not_hold_up_the_queue(make_pool: MakePool) -> None:
    pool = make_pool(1)
    holder, gone, next_one = (Checkout(pool, writes=False) for _ in range(3))
    await holder.submit(int)
    gone.submit(int).cancel()
    call = next_one.submit(int)
    holder.end()
    assert await call == 0
    next_one.end()


async def test_a_request_whose_call_was_cancelled_may_wait_again(make_pool: MakePool) -> None:
    pool = make_pool(1)
    first, waiting, second = (Checkout(pool, writes=False) for _ in range(3))
    await first.submit(int)
    waiting.submit(int).cancel()
    first.end()
    await second.submit(int)
    call = waiting.submit(int)
    second.end()
    assert await call == 0
    waiting.end()


@pytest.mark.parametrize(("accept", "form"), [(JSON, b'{"detail":"The server is busy'), (HTML, b"<!doctype html>")])
async def test_too_many_requests_get_a_503_in_their_own_format(
    accept: Any, form: bytes, serve: Serve, make_pool: MakePool, gate: Gate
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        gate.pass_through()
        return HttpResponse()

    handler = serve(view, make_pool(1, queue_length=0))
    first = Exchange(handler).start()
    await until(lambda: gate.waiting)
    answer = await ask(handler, headers=accept)
    gate.open()
    await first
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.body.startswith(form)


async def test_a_path_that_needs_no_thread_is_answered_in_any_crowd(make_pool: MakePool, serve: Serve) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    pool = make_pool(1, queue_length=1)
    handler = serve(view, pool)
    handler.always = {"/always/"}
    busy, waiting = Checkout(pool, writes=False), Checkout(pool, writes=False)
    busy.submit(str)
    waiting.submit(str)
    statuses = [(await ask(handler, url)).status for url in ("/always/", "/")]
    waiting.end()
    busy.end()
    assert statuses == [200, 503]


async def test_a_thread_is_returned_before_the_answer_is_sent(serve: Serve, make_pool: MakePool) -> None:
    pool = make_pool()
    exchange = Exchange(serve(tell_thread, pool))
    lent: list[int] = []

    async def send(message: Any) -> None:
        lent.append(pool.checked_out)

    await exchange.application(exchange.scope, exchange.receive, send)
    assert (pool.started, lent) == (1, [0, 0])


async def test_a_thread_is_returned_when_the_view_fails(serve: Serve, make_pool: MakePool, caplog: Any) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        await thread_name()
        raise ValueError

    pool = make_pool()
    answer = await ask(serve(view, pool))
    assert (answer.status, pool.started, pool.checked_out) == (500, 1, 0)


async def test_a_cancelled_requests_thread_is_returned_when_its_call_has_ended(
    serve: Serve, make_pool: MakePool, gate: Gate
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        gate.pass_through()
        return HttpResponse()

    pool = make_pool(1)
    task = Exchange(serve(view, pool)).start()
    await until(lambda: gate.waiting)
    task.cancel()
    await asyncio.wait([task])
    assert pool.checked_out == 1
    gate.open()
    await until(lambda: pool.checked_out == 0)


async def test_a_thread_is_returned_after_its_last_call(serve: Serve, make_pool: MakePool, gate: Gate) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        calls = asyncio.gather(sync_to_async(gate.pass_through)(), sync_to_async(int)())
        await until(lambda: gate.waiting)
        calls.cancel()
        await asyncio.wait([calls])
        return HttpResponse("too slow")

    pool = make_pool(1)
    assert (await ask(serve(view, pool))).body == b"too slow"
    assert pool.checked_out == 1
    gate.open()
    await until(lambda: pool.checked_out == 0)


async def test_a_client_that_disconnects_leaves_the_queue(serve: Serve, make_pool: MakePool, gate: Gate) -> None:
    called = []

    def view(request: HttpRequest) -> HttpResponse:
        called.append(request.path)
        gate.pass_through()
        return HttpResponse()

    pool = make_pool(1)
    handler = serve(view, pool)
    first, left = Exchange(handler, "/first/").start(), Exchange(handler, "/left/")
    await until(lambda: gate.waiting)
    waiting = left.start()
    await until(lambda: pool.queue)
    left.leave()
    await until(lambda: not pool.queue)
    gate.open()
    await asyncio.gather(first, waiting)
    assert called == ["/first/"]


async def test_a_stream_returns_its_thread_before_it_begins(serve: Serve, make_pool: MakePool) -> None:
    pool = make_pool()

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        await thread_name()

        async def lent() -> Any:
            yield str(pool.checked_out)

        return StreamingHttpResponse(lent())

    assert (await ask(serve(view, pool))).body == b"0"


async def test_what_is_called_while_a_response_is_sent_runs_in_threads_of_its_own(serve: Serve) -> None:
    async def view(request: HttpRequest) -> StreamingHttpResponse:
        async def names() -> Any:
            yield await thread_name()

        return StreamingHttpResponse(names())

    assert (await ask(serve(view))).body.startswith(b"streaming-")


async def test_slow_streams_keep_no_page_waiting(serve: Serve, make_pool: MakePool, gate: Gate) -> None:
    async def view(request: HttpRequest) -> Any:
        async def batches() -> Any:
            yield "begun"
            await sync_to_async(gate.pass_through)()
            yield "ended"

        return StreamingHttpResponse(batches()) if request.path == "/export/" else await tell_thread(request)

    handler = serve(view, make_pool(1))
    exports = [Exchange(handler, "/export/") for _ in range(10)]
    sending = asyncio.gather(*(export.start() for export in exports))
    await until(lambda: gate.waiting)
    assert (await ask(handler)).body == b"pool-1"
    gate.open()
    await sending
    assert {export.body for export in exports} == {b"begunended"}


async def test_closing_ends_the_threads() -> None:
    pool = ThreadPool(1, Limits(queue_length=0, queue_timeout=0))
    checkout = Checkout(pool, writes=False)
    thread: Any = await checkout.submit(threading.current_thread)
    checkout.end()
    pool.close()
    assert not thread.is_alive()


async def test_a_request_that_released_its_thread_checks_one_out_again(serve: Serve, make_pool: MakePool) -> None:
    pool, outside, there = make_pool(1, queue_length=20), asyncio.Event(), []

    async def view(request: HttpRequest) -> HttpResponse:
        before = await thread_name()
        release()
        there.append(before)
        await outside.wait()
        return HttpResponse(f"{before}, {await thread_name()}")

    handler = serve(view, pool)
    waiting = [asyncio.create_task(ask(handler)) for _ in range(20)]
    await until(lambda: len(there) == 20)
    assert pool.checked_out == 0
    outside.set()
    assert {answer.body for answer in await asyncio.gather(*waiting)} == {b"pool-1, pool-1"}
    assert pool.started == 1


async def test_a_thread_that_runs_a_call_is_not_released(serve: Serve, make_pool: MakePool, gate: Gate) -> None:
    pool = make_pool(2)

    async def view(request: HttpRequest) -> HttpResponse:
        running = asyncio.create_task(sync_to_async(gate.pass_through)())
        await until(lambda: gate.waiting)
        release()
        assert pool.checked_out == 1
        gate.open()
        await running
        return HttpResponse(await thread_name())

    assert (await ask(serve(view, pool))).body == b"pool-1"


async def test_outside_of_requests_there_is_nothing_to_release() -> None:
    release()


async def test_a_released_thread_goes_to_the_next_request(serve: Serve, make_pool: MakePool) -> None:
    pool, outside = make_pool(1), asyncio.Event()

    async def view(request: HttpRequest) -> HttpResponse:
        name = await thread_name()
        if request.path == "/slow":
            release()
            await outside.wait()
        return HttpResponse(name)

    handler = serve(view, pool)
    slow = asyncio.create_task(ask(handler, "/slow"))
    await until(lambda: pool.started)
    assert (await ask(handler, "/quick")).body == b"pool-1"
    outside.set()
    await slow
