import asyncio
from itertools import chain

import pytest

from django41_example.server.turnstile import Turnstile
from tests.asgi.client import until

pytestmark = pytest.mark.once


async def entered(turnstile: Turnstile, requests: int) -> list[list[int]]:
    """Which of so many requests that come together begin, turn by turn."""
    turns: list[list[int]] = [[]]
    loop = asyncio.get_running_loop()

    async def request(number: int) -> None:
        await turnstile.enter()
        turns[-1].append(number)

    def turn() -> None:
        turns.append([])
        if sum(map(len, turns)) < requests:
            loop.call_soon(turn)

    tasks = [asyncio.create_task(request(number)) for number in range(requests)]
    loop.call_soon(turn)
    await asyncio.gather(*tasks)
    return turns


async def test_a_few_begin_at_once() -> None:
    assert (await entered(Turnstile(3), 3))[0] == [0, 1, 2]


async def test_no_turn_begins_more_than_it_may() -> None:
    assert max(map(len, await entered(Turnstile(3), 20))) <= 3


async def test_they_begin_in_the_order_in_which_they_came() -> None:
    assert list(chain.from_iterable(await entered(Turnstile(3), 20))) == list(range(20))


async def test_who_is_gone_takes_nobodys_place() -> None:
    turnstile = Turnstile(1)
    tasks = [asyncio.create_task(turnstile.enter()) for _ in range(3)]
    await asyncio.sleep(0)  # each has come to the turnstile
    tasks[1].cancel()
    await asyncio.gather(tasks[0], tasks[2])
    assert tasks[1].cancelled()


async def test_it_rests_when_nobody_comes() -> None:
    turnstile = Turnstile(1)
    await turnstile.enter()
    await until(lambda: not turnstile.is_turning)
    assert turnstile.left == 1
