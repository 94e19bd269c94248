import asyncio
from collections.abc import Coroutine
from typing import Any


class EventStreams:
    """The open event streams. When the server stops, each ends properly, so that its client reconnects to another
    server."""

    def __init__(self) -> None:
        self.open: set[asyncio.Task[Any]] = set()
        self.ending = False

    async def run(self, stream: Coroutine[Any, Any, None]) -> bool:
        """Send the stream until it ends; False if the server stops first."""
        task = asyncio.current_task()
        assert task  # noqa: S101 - for the type checker
        self.open.add(task)
        if self.ending:
            asyncio.get_running_loop().call_soon(self._end, task)
        try:
            await stream
        except asyncio.CancelledError:
            if not self.ending:
                raise
            task.uncancel()
            return False
        finally:
            self.open.discard(task)
        return True

    def end(self) -> None:
        self.ending = True
        for task in self.open:
            task.cancel()

    def _end(self, task: asyncio.Task[Any]) -> None:
        if task in self.open:
            task.cancel()
