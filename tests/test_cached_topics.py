"""The topics in memory are what the database has, whoever wrote, and are read once for each version."""

import pytest
from asgiref.sync import sync_to_async

from books.cache.topics import aread_topics, arefresh_topics, atopics
from books.models import Book, Topic
from tests.caching import Queries, queries, subscribed  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


async def add(title: str, *topics: str) -> None:
    await sync_to_async(Book.objects.add)({"title": title, "topics": list(topics)})


@pytest.mark.usefixtures("subscribed")
async def test_they_are_read_once(queries: Queries) -> None:  # noqa: F811
    await add("Emma", "Novels", "Comedy")
    await atopics()
    queries.count = 0
    assert [topic.name for topic in (await atopics()).values()] == ["Comedy", "Novels"]
    assert queries.count == 0


@pytest.mark.usefixtures("subscribed")
async def test_they_are_read_again_after_a_change() -> None:
    await add("Emma", "Novels", "Comedy")
    await atopics()
    await add("心", "小説", "Novels")
    assert {slug: topic.books for slug, topic in (await atopics()).items()} == {"comedy": 1, "novels": 2, "小説": 1}


@pytest.mark.usefixtures("subscribed")
async def test_a_refresh_reads_them_though_nothing_changed(queries: Queries) -> None:  # noqa: F811
    await add("Emma", "Novels")
    await atopics()
    queries.count = 0
    assert await arefresh_topics() == await aread_topics()
    assert queries.count == 2


async def test_nothing_is_cached_while_the_version_is_unknown(queries: Queries) -> None:  # noqa: F811
    await Topic.objects.acreate(name="Novels", slug="novels")
    queries.count = 0
    for _ in range(2):
        assert list(await atopics()) == ["novels"]
    assert queries.count == 2
