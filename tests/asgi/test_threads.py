"""Threads are lent to one request at a time, and come back whatever becomes of it."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from books.models import Book
from django41_example.server.threads import Busy, Loan, Threads, release
from tests.asgi.client import Exchange, ask, until
from tests.asgi.conftest import Gate, Lend, Serve

JSON = [("accept", "application/json")]
HTML = [("accept", "text/html")]


async def thread_name() -> str:
    return await sync_to_async(lambda: threading.current_thread().name)()


async def tell_thread(request: HttpRequest) -> HttpResponse:
    return HttpResponse(await thread_name())


async def test_a_request_that_needs_no_thread_takes_none(serve: Serve, lend: Lend) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("quick")

    threads = lend()
    await ask(serve(view, threads))
    assert threads.started == 0


async def test_all_sync_calls_of_a_request_run_in_one_thread(serve: Serve) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(",".join([await thread_name() for _ in range(3)]))

    assert (await ask(serve(view))).body == b"lent-1,lent-1,lent-1"


async def test_a_sync_view_runs_in_a_lent_thread(serve: Serve) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(threading.current_thread().name)

    assert (await ask(serve(view))).body == b"lent-1"


async def test_requests_at_the_same_time_have_a_thread_each(serve: Serve, gate: Gate) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        gate.pass_through()
        return HttpResponse(threading.current_thread().name)

    handler = serve(view)
    both = asyncio.gather(ask(handler), ask(handler))
    await until(lambda: gate.waiting == 2)
    gate.open()
    assert {answer.body for answer in await both} == {b"lent-1", b"lent-2"}


async def test_the_next_request_uses_the_same_thread(serve: Serve) -> None:
    handler = serve(tell_thread)
    assert [(await ask(handler)).body for _ in range(3)] == [b"lent-1"] * 3


@pytest.mark.django_db(transaction=True)
async def test_the_next_request_uses_the_same_connection(serve: Serve) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        Book.objects.exists()
        return HttpResponse(str(id(connection.connection)))

    handler = serve(view)
    first, second = await ask(handler), await ask(handler)
    assert first.body == second.body != b"None"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
async def test_the_next_request_speaks_to_the_same_process_of_the_database(serve: Serve) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        connection.ensure_connection()
        return HttpResponse(str(connection.connection.info.backend_pid))

    handler = serve(view)
    assert (await ask(handler)).body == (await ask(handler)).body


async def test_there_are_never_more_threads_than_the_size(serve: Serve, lend: Lend, gate: Gate) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        gate.pass_through()
        return HttpResponse()

    threads = lend(2, line_length=20)
    handler = serve(view, threads)
    asked = asyncio.gather(*(ask(handler) for _ in range(10)))
    await until(lambda: len(threads.line) == 8)
    gate.open()
    assert {answer.status for answer in await asked} == {200}
    assert threads.started == 2


async def test_who_waits_longest_is_next(lend: Lend) -> None:
    threads, turns = lend(1), []
    holder, *line = (Loan(threads, check=False) for _ in range(4))
    await asyncio.wrap_future(holder.submit(int))
    calls = [loan.submit(turns.append, number) for number, loan in enumerate(line)]
    for loan, call in zip([holder, *line], [*calls, None], strict=True):
        loan.give_back()
        if call:
            await asyncio.wrap_future(call)
    assert turns == [0, 1, 2]


async def test_the_thread_that_was_used_last_is_lent_first(lend: Lend) -> None:
    threads = lend(2)
    first, second = Loan(threads, check=False), Loan(threads, check=False)
    for loan in (first, second):
        await asyncio.wrap_future(loan.submit(int))
    for loan in (second, first):
        loan.give_back()
    assert [thread.thread.name for thread in threads.free] == ["lent-2", "lent-1"]


@pytest.fixture
async def taken(lend: Lend) -> Any:
    """One thread, which somebody has; one may wait for it."""
    threads = lend(1, line_length=1, patience=0.01)
    holder = Loan(threads, check=False)
    await asyncio.wrap_future(holder.submit(int))
    yield threads
    holder.give_back()


async def test_a_full_line_takes_nobody(taken: Any) -> None:
    waiting, refused = Loan(taken, check=False), Loan(taken, check=False)
    waiting.submit(int)
    assert isinstance(refused.submit(int).exception(0), Busy)
    waiting.give_back()


async def test_who_waits_may_wait_for_more_than_one_call(taken: Any) -> None:
    waiting = Loan(taken, check=False)
    calls = [waiting.submit(int) for _ in range(3)]
    assert (len(taken.line), [call.done() for call in calls]) == (1, [False] * 3)
    waiting.give_back()


async def test_who_waits_too_long_is_told_so_and_leaves_the_line(taken: Any) -> None:
    with pytest.raises(Busy):
        await asyncio.wrap_future(Loan(taken, check=False).submit(int))
    assert not taken.line


async def test_who_gave_up_waiting_does_not_hold_up_the_line(lend: Lend) -> None:
    threads = lend(1)
    holder, gone, next_one = (Loan(threads, check=False) for _ in range(3))
    await asyncio.wrap_future(holder.submit(int))
    gone.submit(int).cancel()
    call = next_one.submit(int)
    holder.give_back()
    assert await asyncio.wrap_future(call) == 0
    next_one.give_back()


async def test_who_waited_in_vain_once_may_wait_again(lend: Lend) -> None:
    threads = lend(1)
    first, waiting, second = (Loan(threads, check=False) for _ in range(3))
    await asyncio.wrap_future(first.submit(int))
    waiting.submit(int).cancel()
    first.give_back()
    await asyncio.wrap_future(second.submit(int))
    call = waiting.submit(int)
    second.give_back()
    assert await asyncio.wrap_future(call) == 0
    waiting.give_back()


@pytest.mark.parametrize(("accept", "form"), [(JSON, b'{"detail":"Too many'), (HTML, b"<!doctype html>")])
async def test_too_many_requests_are_told_in_their_own_format_when_to_come_again(
    accept: Any, form: bytes, serve: Serve, lend: Lend, gate: Gate
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        gate.pass_through()
        return HttpResponse()

    handler = serve(view, lend(1, line_length=0))
    first = Exchange(handler).start()
    await until(lambda: gate.waiting)
    answer = await ask(handler, headers=accept)
    gate.open()
    await first
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.body.startswith(form)


async def test_an_address_that_needs_no_thread_is_answered_in_any_crowd(lend: Lend, serve: Serve) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    threads = lend(1, line_length=0)
    handler = serve(view, threads)
    handler.always = {"/always/"}
    busy = Loan(threads, check=False)
    busy.submit(str)
    statuses = [(await ask(handler, address)).status for address in ("/always/", "/")]
    busy.give_back()
    assert statuses == [200, 503]


async def test_a_thread_comes_back_before_the_answer_is_sent(serve: Serve, lend: Lend) -> None:
    threads = lend()
    exchange = Exchange(serve(tell_thread, threads))
    lent: list[int] = []

    async def send(message: Any) -> None:
        lent.append(threads.lent)

    await exchange.application(exchange.scope, exchange.receive, send)
    assert (threads.started, lent) == (1, [0, 0])


async def test_a_thread_comes_back_when_the_view_fails(serve: Serve, lend: Lend, caplog: Any) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        await thread_name()
        raise ValueError

    threads = lend()
    answer = await ask(serve(view, threads))
    assert (answer.status, threads.started, threads.lent) == (500, 1, 0)


async def test_a_cancelled_requests_thread_comes_back_when_its_call_has_ended(
    serve: Serve, lend: Lend, gate: Gate
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        gate.pass_through()
        return HttpResponse()

    threads = lend(1)
    task = Exchange(serve(view, threads)).start()
    await until(lambda: gate.waiting)
    task.cancel()
    await asyncio.wait([task])
    assert threads.lent == 1
    gate.open()
    await until(lambda: threads.lent == 0)


async def test_a_thread_comes_back_when_all_of_its_calls_have_ended(serve: Serve, lend: Lend, gate: Gate) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        calls = asyncio.gather(sync_to_async(gate.pass_through)(), sync_to_async(int)())
        await until(lambda: gate.waiting)
        calls.cancel()
        await asyncio.wait([calls])
        return HttpResponse("too slow")

    threads = lend(1)
    assert (await ask(serve(view, threads))).body == b"too slow"
    assert threads.lent == 1
    gate.open()
    await until(lambda: threads.lent == 0)


async def test_a_client_that_leaves_the_line_gives_up_its_place(serve: Serve, lend: Lend, gate: Gate) -> None:
    called = []

    def view(request: HttpRequest) -> HttpResponse:
        called.append(request.path)
        gate.pass_through()
        return HttpResponse()

    threads = lend(1)
    handler = serve(view, threads)
    first, left = Exchange(handler, "/first/").start(), Exchange(handler, "/left/")
    await until(lambda: gate.waiting)
    waiting = left.start()
    await until(lambda: threads.line)
    left.leave()
    await until(lambda: not threads.line)
    gate.open()
    await asyncio.gather(first, waiting)
    assert called == ["/first/"]


async def test_a_stream_gives_its_thread_back_before_it_begins(serve: Serve, lend: Lend) -> None:
    threads = lend()

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        await thread_name()

        async def lent() -> Any:
            yield str(threads.lent)

        return StreamingHttpResponse(lent())

    assert (await ask(serve(view, threads))).body == b"0"


async def test_what_is_called_while_an_answer_is_sent_runs_in_threads_of_its_own(serve: Serve) -> None:
    async def view(request: HttpRequest) -> StreamingHttpResponse:
        async def names() -> Any:
            yield await thread_name()

        return StreamingHttpResponse(names())

    assert (await ask(serve(view))).body.startswith(b"answering_")


async def test_slow_long_answers_keep_no_page_waiting(serve: Serve, lend: Lend, gate: Gate) -> None:
    async def view(request: HttpRequest) -> Any:
        async def batches() -> Any:
            yield "begun"
            await sync_to_async(gate.pass_through)()
            yield "ended"

        return StreamingHttpResponse(batches()) if request.path == "/export/" else await tell_thread(request)

    handler = serve(view, lend(1))
    exports = [Exchange(handler, "/export/") for _ in range(10)]
    sending = asyncio.gather(*(export.start() for export in exports))
    await until(lambda: gate.waiting)
    assert (await ask(handler)).body == b"lent-1"
    gate.open()
    await sending
    assert {export.body for export in exports} == {b"begunended"}


async def test_closing_ends_the_threads() -> None:
    threads = Threads(1, line_length=0, patience=0)
    loan = Loan(threads, check=False)
    thread: Any = await asyncio.wrap_future(loan.submit(threading.current_thread))
    loan.give_back()
    threads.close()
    assert not thread.is_alive()


async def test_a_request_that_waits_outside_holds_no_thread_and_borrows_one_again(serve: Serve, lend: Lend) -> None:
    threads, outside, there = lend(1, line_length=20), asyncio.Event(), []

    async def view(request: HttpRequest) -> HttpResponse:
        before = await thread_name()
        release()
        there.append(before)
        await outside.wait()
        return HttpResponse(f"{before}, {await thread_name()}")

    handler = serve(view, threads)
    waiting = [asyncio.create_task(ask(handler)) for _ in range(20)]
    await until(lambda: len(there) == 20)
    assert threads.lent == 0
    outside.set()
    assert {answer.body for answer in await asyncio.gather(*waiting)} == {b"lent-1, lent-1"}
    assert threads.started == 1


async def test_a_thread_in_which_something_runs_is_not_given_back(serve: Serve, lend: Lend, gate: Gate) -> None:
    threads = lend(2)

    async def view(request: HttpRequest) -> HttpResponse:
        running = asyncio.create_task(sync_to_async(gate.pass_through)())
        await until(lambda: gate.waiting)
        release()
        assert threads.lent == 1
        gate.open()
        await running
        return HttpResponse(await thread_name())

    assert (await ask(serve(view, threads))).body == b"lent-1"


async def test_where_no_request_is_answered_there_is_nothing_to_give_back() -> None:
    release()


async def test_a_released_thread_goes_to_who_waits_for_one(serve: Serve, lend: Lend) -> None:
    threads, outside = lend(1), asyncio.Event()

    async def view(request: HttpRequest) -> HttpResponse:
        name = await thread_name()
        if request.path == "/slow":
            release()
            await outside.wait()
        return HttpResponse(name)

    handler = serve(view, threads)
    slow = asyncio.create_task(ask(handler, "/slow"))
    await until(lambda: threads.started)
    assert (await ask(handler, "/quick")).body == b"lent-1"
    outside.set()
    await slow
