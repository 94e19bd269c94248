"""Threads are shared fairly: among client addresses, and between those who read and those who write."""

import asyncio
import math
import time
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from django41_example.server import thread_pool, threads
from django41_example.server.thread_pool import remember_user
from django41_example.server.threads import Checkout, PoolTimeout
from tests.asgi.client import Exchange, ask, until
from tests.asgi.conftest import Gate, MakePool, Serve

pytestmark = pytest.mark.once


@pytest.fixture
def view(gate: Gate) -> Any:
    """Waits at the gate; at /quick/ it does not."""

    def view(request: HttpRequest) -> HttpResponse:
        if request.path != "/quick/":
            gate.pass_through()
        return HttpResponse()

    return view


async def test_one_client_never_holds_all_threads(view: Any, serve: Serve, make_pool: MakePool, gate: Gate) -> None:
    pool = make_pool(4, client_share=0.5)
    handler = serve(view, pool)
    greedy = asyncio.gather(*(ask(handler, client="192.0.2.1") for _ in range(4)))
    await until(lambda: len(pool.queue) == 2)
    assert pool.checked_out == 2
    assert (await ask(handler, "/quick/", client="192.0.2.2")).status == 200
    gate.open()
    assert {answer.status for answer in await greedy} == {200}


async def test_one_client_never_fills_the_queue(view: Any, serve: Serve, make_pool: MakePool, gate: Gate) -> None:
    pool = make_pool(1, queue_length=4, client_share=0.5)
    handler = serve(view, pool)
    first = [Exchange(handler, client="192.0.2.1").start() for _ in range(3)]
    await until(lambda: len(pool.queue) == 2)
    assert (await ask(handler, client="192.0.2.1")).status == 503
    other = Exchange(handler, client="192.0.2.2").start()
    await until(lambda: len(pool.queue) == 3)
    gate.open()
    await asyncio.gather(*first, other)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (("cookie", "theme=dark; sessionid=right; a=b"), ("cookie", "theme=dark; sessionid=wrong; a=b")),
        (("cookie", "theme=dark;sessionid =right"), ("cookie", "theme=dark;sessionid =wrong")),
        (("authorization", "Bearer right"), ("authorization", "Bearer wrong")),
    ],
)
async def test_a_user_who_has_signed_in_does_not_wait_for_a_crowd_at_the_same_address(
    serve: Serve, make_pool: MakePool, gate: Gate, right: tuple[str, str], wrong: tuple[str, str]
) -> None:
    def view(request: Any) -> HttpResponse:
        if request.path == "/sign-in/":
            remember_user(request.scope, 5)
        elif request.path != "/quick/":
            gate.pass_through()
        return HttpResponse()

    pool = make_pool(2, client_share=0.5)
    handler = serve(view, pool)
    await ask(handler, "/sign-in/", headers=[right])
    crowd = Exchange(handler).start()
    await until(lambda: gate.waiting)
    made_up = Exchange(handler, "/quick/", headers=[wrong]).start()
    await until(lambda: pool.queue)
    assert (await ask(handler, "/quick/", headers=[right])).status == 200
    assert not made_up.done()
    gate.open()
    await asyncio.gather(crowd, made_up)


async def test_the_addresses_of_an_ipv6_network_are_one_client(
    view: Any, serve: Serve, make_pool: MakePool, gate: Gate
) -> None:
    pool = make_pool(2, client_share=0.5)
    handler = serve(view, pool)
    both = asyncio.gather(*(ask(handler, client=f"2001:db8::{host}") for host in (1, 2)))
    await until(lambda: pool.queue)
    assert (await ask(handler, "/quick/", client="2001:db8:0:1::1")).status == 200
    gate.open()
    await both


async def test_the_client_with_the_fewest_threads_is_next(make_pool: MakePool) -> None:
    pool = make_pool(2)
    turns: list[str] = []
    holders = [Checkout(pool, writes=False, client="greedy") for _ in range(2)]
    for holder in holders:
        await holder.submit(int)
    line = [Checkout(pool, writes=False, client=client) for client in ("greedy", "greedy", "modest")]
    calls = [checkout.submit(turns.append, checkout.client) for checkout in line]
    holders[0].end()
    await calls[2]
    assert turns == ["modest"]
    for checkout in (holders[1], *line):
        checkout.end()


async def test_between_two_calls_a_request_that_has_had_less_goes_first(make_pool: MakePool) -> None:
    pool = make_pool(1)
    turns: list[str] = []
    long, short = (Checkout(pool, writes=False) for _ in range(2))
    await long.submit(turns.append, "long")
    assert long.used > 0
    long.used = 1.0
    waiting = short.submit(turns.append, "short")
    await long.submit(turns.append, "long")
    last = long.submit(turns.append, "long")
    await waiting
    short.end()
    await last
    assert turns == ["long", "long", "short", "long"]
    long.end()


async def test_of_those_who_wait_the_one_that_has_had_least_is_next(make_pool: MakePool) -> None:
    pool = make_pool(1)
    turns: list[str] = []
    holder, *line = (Checkout(pool, writes=False) for _ in range(4))
    await holder.submit(int)
    for checkout, used in zip(line, (0.9, 0.5, 0.01), strict=True):
        checkout.used = used
    calls = [checkout.submit(turns.append, checkout.used) for checkout in line]
    for checkout, call in zip([holder, *line[::-1]], [*calls[::-1], None], strict=True):
        checkout.end()
        if call:
            await call
    assert turns == [0.01, 0.5, 0.9]


async def test_newcomers_do_not_pass_over_a_request_again_and_again(make_pool: MakePool) -> None:
    pool = make_pool(1)
    turns: list[str] = []
    holder, long, newcomer = (Checkout(pool, writes=False) for _ in range(3))
    await holder.submit(int)
    calls = [long.submit(turns.append, "long")]
    long.used, long.queued_at = 2 * threads.TURN, time.monotonic() - 2 * threads.BEHIND - 1
    calls.append(newcomer.submit(turns.append, "newcomer"))
    holder.end()
    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert turns[0] == "long"
    long.end()
    newcomer.end()


async def test_a_client_whose_requests_take_long_reads_in_half_of_its_threads(make_pool: MakePool) -> None:
    pool, began = make_pool(4, client_share=0.5), list[str]()
    slow, other, *line = (Checkout(pool, writes=False, client=client) for client in ("a", "b", "a", "a"))
    await slow.submit(int)
    slow.used = threads.TURN + 1
    slow.end()
    calls = [checkout.submit(began.append, checkout.client) for checkout in (*line, other)]
    await calls[-1]
    assert (len(pool.queue), pool.held) == (1, {"a": 1, "b": 1})
    line[0].end()
    await calls[1]
    line[1].end()
    other.end()


async def test_it_has_several_again_a_second_after_the_last_of_them(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_pool, "SLOW_SECONDS", 0.0)
    pool = make_pool(2)
    slow, *both = (Checkout(pool, writes=False) for _ in range(3))
    await slow.submit(int)
    slow.used = threads.TURN + 1
    slow.end()
    for checkout in both:
        await checkout.submit(int)
    assert pool.checked_out == 2
    for checkout in both:
        checkout.end()


async def test_a_call_that_still_runs_counts_too(make_pool: MakePool, gate: Gate, monkeypatch: Any) -> None:
    monkeypatch.setattr(thread_pool, "TURN", 1e-9)
    pool = make_pool(2)
    first, second = (Checkout(pool, writes=False) for _ in range(2))
    running = first.submit(gate.pass_through)
    await until(lambda: pool.slow_until)
    waiting = second.submit(int)
    assert len(pool.queue) == 1
    gate.open()
    await running
    first.end()
    await waiting
    second.end()


async def test_its_writes_do_not_wait_for_that(make_pool: MakePool) -> None:
    pool = make_pool(2)
    pool.slow_until[""] = math.inf
    reader, writer = Checkout(pool, writes=False), Checkout(pool, writes=True)
    for checkout in (reader, writer):
        await checkout.submit(int)
    assert pool.checked_out == 2
    reader.end()
    writer.end()


async def test_writers_who_wait_for_a_lock_leave_threads_to_readers(
    view: Any, serve: Serve, make_pool: MakePool, gate: Gate
) -> None:
    pool = make_pool(4, writer_share=0.25)
    handler = serve(view, pool)
    writers = asyncio.gather(*(ask(handler, method="POST") for _ in range(4)))
    await until(lambda: len(pool.queue) == 3)
    assert (await ask(handler, "/quick/")).status == 200
    gate.open()
    assert {answer.status for answer in await writers} == {200}
    assert (pool.held_by_writers, pool.held) == ({}, {})


async def test_a_writer_that_waits_too_long_is_refused_while_threads_are_idle(make_pool: MakePool) -> None:
    pool = make_pool(4, writer_share=0.25, queue_timeout=0.01)
    holder = Checkout(pool, writes=True)
    await holder.submit(int)
    with pytest.raises(PoolTimeout):
        await Checkout(pool, writes=True).submit(int)
    holder.end()
