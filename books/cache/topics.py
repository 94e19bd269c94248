"""The topics, kept in memory as plain values, and read again when the catalogue has changed."""

from typing import NamedTuple

from books.cache import catalogue_version, per_version
from books.models import Topic


class CachedTopic(NamedTuple):
    slug: str
    name: str
    books: int


async def atopics() -> dict[str, CachedTopic]:
    """The current topics by slug, in alphabetical order."""
    return await per_version.get_or_make("topics", aread_topics)


async def arefresh_topics() -> dict[str, CachedTopic]:
    """Read the topics from the database, whether or not they have changed."""
    per_version.forget("topics")
    return await atopics()


async def aread_topics() -> dict[str, CachedTopic]:
    rows = Topic.objects.with_counts().order_by("slug").values_list("slug", "name", "books_count")
    return {row[0]: CachedTopic(*row) async for row in rows}


async def warm_up() -> None:
    """Load the topics before the first request."""
    await catalogue_version.is_known.wait()
    await atopics()
