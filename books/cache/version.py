"""The version of the catalogue, and values computed once per version."""

import asyncio
import logging
import pickle  # nosec B403 - only to measure
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Any

from cachetools import LRUCache

from django41_example.server.threads import current_checkout, release

CONNECT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two attempts to connect
MOST_BYTES = 3 << 20  # of pickled values in a process; as objects they may take twice as much
OVERHEAD = 2000  # bytes for a value and its key in addition

log = logging.getLogger("books.cache")


class CannotSubscribe(Exception):
    """The database cannot report changes. The message says why, and what to do."""


class CatalogueVersion:
    """A number that changes whenever the catalogue may have changed.

    It is known while `subscribe` runs. Everything here runs on the event loop.
    """

    ERRORS: tuple[type[Exception], ...] = ()  # exceptions of `_open` besides OSError

    def __init__(self, database: Any) -> None:
        self.database = database
        self.is_known = asyncio.Event()

    def validate(self) -> Awaitable[int | None]:
        """The current version; None if it is unknown."""
        raise NotImplementedError

    async def subscribe(self) -> None:
        """Keep the version up to date until cancelled."""
        expected: tuple[type[BaseException], ...] = (OSError, CannotSubscribe, *self.ERRORS)
        pause, warned = FIRST_PAUSE, False
        while True:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await self._open()
                pause, warned = FIRST_PAUSE, False
                self.is_known.set()
                await self._lost()
            except expected as error:
                if not warned:
                    log.warning("Nothing is cached now, everything is read from the database: %s", error)
                warned = True
            finally:
                self.is_known.clear()
                self._close()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _open(self) -> None:
        raise NotImplementedError

    async def _lost(self) -> None:
        """Return when the connection is lost."""
        await asyncio.Event().wait()

    def _close(self) -> None:
        raise NotImplementedError


class PerVersion:
    """Values that are valid for one version of the catalogue: counts, facets, topics, page frames."""

    def __init__(self, version: CatalogueVersion) -> None:
        self.version = version
        self.number: int | None = None
        self.values = self._none()
        self.being_made: dict[Hashable, asyncio.Event] = {}

    async def get_or_make[Value](self, key: Hashable, make: Callable[[], Awaitable[Value]]) -> Value:
        """The value for the current catalogue. Concurrent requests compute it only once.

        A read-only request checks the version once, so it sees what was committed before it began.
        """
        while True:
            checkout = current_checkout.get()
            if checkout and (checkout.writes or checkout.is_streaming):
                checkout = None
            number = checkout.catalogue_version if checkout else None
            if number is None:
                number = await self.version.validate()
            if checkout:
                checkout.catalogue_version = number
            if number is None:
                return await make()
            if number != self.number:
                self.number, self.values = number, self._none()
            if made := self.values.get(key):
                value: Value = made[1]
                return value
            if being_made := self.being_made.get((number, key)):
                release()  # the request that computes it may need a thread
                await being_made.wait()
            else:
                return await self._make(number, key, make)

    def _none(self) -> LRUCache[Hashable, Any]:
        return LRUCache(MOST_BYTES, getsizeof=lambda value: OVERHEAD + len(pickle.dumps(value)))

    def forget(self, key: Hashable) -> None:
        self.values.pop(key, None)

    async def _make[Value](self, number: int, key: Hashable, make: Callable[[], Awaitable[Value]]) -> Value:
        made = self.being_made[number, key] = asyncio.Event()
        try:
            value = await make()
            if number == self.number:  # otherwise the value is older than those held now
                with suppress(ValueError):  # it exceeds the whole cache
                    self.values[key] = key, value
            return value
        finally:
            del self.being_made[number, key]
            made.set()
