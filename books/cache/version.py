"""What every way to learn of changes has in common."""

import asyncio
import logging
from typing import Any

CONNECT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two tries to connect

log = logging.getLogger("books.cache")


class NotWatchable(Exception):
    """The database cannot tell of changes; the argument says why, and what to do."""


class Revision:
    """A number that differs whenever the catalogue may have changed; `topics` is the same for the topics alone.

    Known while `watch` runs. Everything here happens on the event loop.
    """

    ERRORS: tuple[type[Exception], ...] = ()  # that `_open` may raise, besides OSError

    def __init__(self, database: Any) -> None:
        self.database = database
        self.topics = 0  # as of the last confirmation
        self.is_known = asyncio.Event()

    async def confirm(self) -> int | None:
        """The revision now; None if it is not known."""
        raise NotImplementedError

    async def watch(self) -> None:
        """Keep the revision known, until cancelled."""
        expected: tuple[type[BaseException], ...] = (OSError, NotWatchable, *self.ERRORS)
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
                    log.warning("Nothing is held in memory now, all is read from the database: %s", error)
                warned = True
            finally:
                self.is_known.clear()
                self._close()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _open(self) -> None:
        raise NotImplementedError

    async def _lost(self) -> None:
        """Return when what `_open` opened is of no more use."""
        await asyncio.Event().wait()

    def _close(self) -> None:
        raise NotImplementedError
