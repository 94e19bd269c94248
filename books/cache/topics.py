"""The topics, kept in memory: rows become plain values once, and are read again when the catalogue has changed."""

from dataclasses import dataclass

from books.cache import catalogue_version, per_version
from books.models import Topic


@dataclass(frozen=True, slots=True)
class CachedTopic:
    slug: str
    name: str
    books: int


async def atopics() -> dict[str, CachedTopic]:
    """The topics by slug, in alphabetical order, as they are now."""
    return await per_version.get_or_make("topics", aread_topics)


async def arefresh_topics() -> dict[str, CachedTopic]:
    """The topics, read from the database whether or not they have changed."""
    per_version.forget("topics")
    return await atopics()


async def aread_topics() -> dict[str, CachedTopic]:
    rows = Topic.objects.with_counts().order_by("slug").values("slug", "name", "books_count")
    return {row["slug"]: CachedTopic(row["slug"], row["name"], row["books_count"]) async for row in rows}


async def warm_up() -> None:
    """Have the topics in memory before the first request."""
    await catalogue_version.is_known.wait()
    await atopics()
