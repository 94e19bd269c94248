"""Topics in memory: read once however many ask, and never older than the last change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from books.cache import of_database
from books.cache.topics import HeldTopics, aread
from books.models import Book, Topic

pytestmark = pytest.mark.django_db(transaction=True)


class Queries:
    """Counts the queries of the thread in which the ORM runs."""

    count = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.count += 1
        return execute(*arguments)


@pytest.fixture
async def queries() -> AsyncIterator[Queries]:
    queries = Queries()
    await sync_to_async(lambda: connection.execute_wrappers.append(queries))()
    yield queries
    await sync_to_async(lambda: connection.execute_wrappers.remove(queries))()


@pytest.fixture
async def topics() -> AsyncIterator[HeldTopics]:
    await sync_to_async(Book.objects.add)({"title": "Emma", "topics": ["Novels", "Comedy"]})
    topics = HeldTopics(of_database())
    watching = asyncio.create_task(topics.revision.watch())
    async with asyncio.timeout(10):
        await topics.revision.is_known.wait()
    yield topics
    watching.cancel()


async def test_they_are_read_once(topics: HeldTopics, queries: Queries) -> None:
    for _ in range(3):
        assert [topic.name for topic in (await topics.aget()).values()] == ["Comedy", "Novels"]
    assert queries.count == 1


async def test_many_who_ask_at_once_cause_one_query(topics: HeldTopics, queries: Queries) -> None:
    await asyncio.gather(*(topics.aget() for _ in range(30)))
    assert queries.count == 1


async def test_they_are_read_again_after_a_change(topics: HeldTopics) -> None:
    await topics.aget()
    await sync_to_async(Book.objects.add)({"title": "心", "topics": ["小説", "Novels"]})
    assert {slug: topic.books for slug, topic in (await topics.aget()).items()} == {"comedy": 1, "novels": 2, "小説": 1}


async def test_they_stay_when_something_else_changed(topics: HeldTopics, queries: Queries) -> None:
    await topics.aget()
    await Book.objects.aupdate(pages=3)
    queries.count = 0
    await topics.aget()
    assert queries.count == 0


async def test_a_refresh_reads_them_though_nothing_changed(topics: HeldTopics, queries: Queries) -> None:
    await topics.aget()
    await topics.aread_anew()
    assert queries.count == 2


async def test_nothing_is_held_while_the_revision_is_not_known(queries: Queries) -> None:
    topics = HeldTopics(of_database())
    await Topic.objects.acreate(name="Novels", slug="novels")
    queries.count = 0
    for _ in range(2):
        assert list(await topics.aget()) == ["novels"]
    assert queries.count == 2


async def test_a_failure_to_read_them_leaves_nobody_waiting(topics: HeldTopics) -> None:
    def fail(*arguments: Any) -> None:
        raise ZeroDivisionError

    await sync_to_async(lambda: connection.execute_wrappers.append(fail))()
    failed = await asyncio.gather(topics.aget(), topics.aget(), return_exceptions=True)
    await sync_to_async(lambda: connection.execute_wrappers.remove(fail))()
    assert [type(error) for error in failed] == [ZeroDivisionError] * 2
    assert await topics.aget() == await aread()
