"""What is made from the catalogue is made once per version, however many ask."""

import asyncio

import pytest

from books.cache import version as module
from books.cache.version import CatalogueVersion, PerVersion
from django41_example.server.thread_pool import Limits, ThreadPool
from django41_example.server.threads import Checkout

pytestmark = pytest.mark.once


class Version(CatalogueVersion):
    """A version that the test sets."""

    number: int | None = 1
    asked = 0

    async def validate(self) -> int | None:
        self.asked += 1
        return self.number


@pytest.fixture
def per_version() -> PerVersion:
    return PerVersion(Version(None))


class Maker:
    made = 0
    goes_on: asyncio.Event | None = None

    async def __call__(self) -> int:
        self.made += 1
        made = self.made
        if self.goes_on:
            await self.goes_on.wait()
        return made


async def test_it_is_made_once(per_version: PerVersion) -> None:
    maker = Maker()
    assert [await per_version.get_or_make("key", maker) for _ in range(3)] == [1, 1, 1]


async def test_another_key_is_another_value(per_version: PerVersion) -> None:
    maker = Maker()
    assert [await per_version.get_or_make(key, maker) for key in ("a", "b", "a")] == [1, 2, 1]


async def test_it_is_made_again_for_another_version(per_version: PerVersion) -> None:
    maker = Maker()
    await per_version.get_or_make("key", maker)
    per_version.version.number = 2  # type: ignore[attr-defined]
    assert await per_version.get_or_make("key", maker) == 2


async def test_nothing_is_cached_while_the_version_is_unknown(per_version: PerVersion) -> None:
    per_version.version.number = None  # type: ignore[attr-defined]
    maker = Maker()
    assert [await per_version.get_or_make("key", maker) for _ in range(2)] == [1, 2]


async def test_many_who_ask_at_once_wait_for_one(per_version: PerVersion) -> None:
    maker = Maker()
    maker.goes_on = asyncio.Event()
    asking = [asyncio.create_task(per_version.get_or_make("key", maker)) for _ in range(30)]
    await asyncio.sleep(0)
    maker.goes_on.set()
    assert await asyncio.gather(*asking) == [1] * 30


async def test_who_waits_for_anothers_value_holds_no_thread(per_version: PerVersion) -> None:
    maker, pool = Maker(), ThreadPool(1, Limits(0))
    maker.goes_on = asyncio.Event()
    making = asyncio.create_task(per_version.get_or_make("key", maker))
    await asyncio.sleep(0)
    with Checkout(pool, writes=False) as waiting:
        await waiting.submit(int)
        asking = asyncio.create_task(per_version.get_or_make("key", maker))
        await asyncio.sleep(0)
        assert pool.checked_out == 0
        maker.goes_on.set()
        assert await asyncio.gather(making, asking) == [1, 1]


async def test_what_was_made_of_an_older_version_is_not_cached(per_version: PerVersion) -> None:
    maker = Maker()
    maker.goes_on = asyncio.Event()
    old = asyncio.create_task(per_version.get_or_make("key", maker))
    await asyncio.sleep(0)
    per_version.version.number = 2  # type: ignore[attr-defined]
    new = asyncio.create_task(per_version.get_or_make("key", maker))
    await asyncio.sleep(0)
    maker.goes_on.set()
    assert (await old, await new, await per_version.get_or_make("key", maker)) == (1, 2, 2)


async def test_a_failure_leaves_nobody_waiting(per_version: PerVersion) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    failed = await asyncio.gather(*(per_version.get_or_make("key", fail) for _ in range(2)), return_exceptions=True)
    assert [type(error) for error in failed] == [ZeroDivisionError] * 2
    assert await per_version.get_or_make("key", Maker()) == 1


async def test_the_bytes_of_the_values_and_their_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 3 * (module.OVERHEAD + 1100))
    per_version = PerVersion(Version(None))
    for key in "abcdefgh":
        await per_version.get_or_make(key * 1000, Maker())
    assert list(per_version.values) == [key * 1000 for key in "fgh"]


async def test_a_value_larger_than_all_that_may_be_held_is_made_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", module.OVERHEAD + 3500)
    per_version, maker = PerVersion(Version(None)), Maker()
    assert [await per_version.get_or_make(("x" * 4000,), maker) for _ in range(2)] == [1, 2]


@pytest.mark.parametrize(("writes", "asked"), [(False, 1), (True, 3)])
async def test_a_request_that_only_reads_asks_for_the_version_once(
    per_version: PerVersion, *, writes: bool, asked: int
) -> None:
    with Checkout(ThreadPool(1, Limits(0)), writes=writes):
        for key in "abc":
            await per_version.get_or_make(key, Maker())
    assert per_version.version.asked == asked  # type: ignore[attr-defined]


async def test_the_next_request_sees_what_has_changed(per_version: PerVersion) -> None:
    maker, pool = Maker(), ThreadPool(1, Limits(0))
    for number in (1, 2):
        per_version.version.number = number  # type: ignore[attr-defined]
        with Checkout(pool, writes=False):
            assert await per_version.get_or_make("key", maker) == number
