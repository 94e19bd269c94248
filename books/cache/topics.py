"""The topics, held in memory by each process: rows become plain values once, and are read again when they changed.

Nobody has to ask for that: before the topics are given, the catalogue's revision is confirmed, so they are never
older than the last change that was acknowledged, whichever process made it.
"""

import asyncio
from dataclasses import dataclass

from books.cache import revision
from books.cache.version import Revision
from books.models import Topic


@dataclass(frozen=True, slots=True)
class HeldTopic:
    id: int
    slug: str
    name: str
    books: int


class HeldTopics:
    """The topics in alphabetical order, as of `number` of the revision."""

    def __init__(self, revision: Revision) -> None:
        self.revision = revision
        self.number: int | None = None
        self.by_slug: dict[str, HeldTopic] = {}
        self.reading: dict[int, asyncio.Event] = {}  # by the number they are read for

    async def aget(self) -> dict[str, HeldTopic]:
        """The topics as they are now, by slug. However many ask at once, the database is asked once."""
        while True:
            if await self.revision.confirm() is None:
                return await aread()
            number = self.revision.topics
            if number == self.number:
                return self.by_slug
            if is_read := self.reading.get(number):
                await is_read.wait()
            else:
                return await self._aread(number)

    async def aread_anew(self) -> dict[str, HeldTopic]:
        """The topics, read from the database whether or not they seem to have changed."""
        self.number = None
        return await self.aget()

    async def _aread(self, number: int) -> dict[str, HeldTopic]:
        is_read = self.reading[number] = asyncio.Event()
        try:
            by_slug = await aread()
            self.number, self.by_slug = number, by_slug
            return by_slug
        finally:
            del self.reading[number]
            is_read.set()


async def aread() -> dict[str, HeldTopic]:
    rows = Topic.objects.with_counts().order_by("slug").values("id", "slug", "name", "books_count")
    return {row["slug"]: HeldTopic(row["id"], row["slug"], row["name"], row["books_count"]) async for row in rows}


async def warm_up() -> None:
    """Have the topics in memory before the first request."""
    await revision.is_known.wait()
    await topics.aget()


topics = HeldTopics(revision)  # this process's
