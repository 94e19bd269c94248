import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BLOCKING = 4  # threads for what asyncio itself sends to one, such as looking up a host's address
WARM_SECONDS = 2.0  # that the first request is kept waiting at the most

Work = Callable[[], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


class Lifespan:
    """Answers the server when it starts and stops, and runs what is to run `beside` between the two.

    `warm` makes ready what the first requests need; they do not need it so much as to wait long.
    The server hands `state` to every connection, whose protocol makes use of it.
    """

    def __init__(
        self,
        application: Any,
        *,
        state: Mapping[str, Any],
        close: Callable[[], None],
        beside: Iterable[Work] = (),
        warm: Work | None = None,
    ) -> None:
        self.application, self.state, self.close = application, state, close
        self.beside, self.warm = beside, warm

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.application(scope, receive, send)
            return
        await receive()
        scope["state"] |= self.state
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(BLOCKING, thread_name_prefix="blocking"))
        tasks = [loop.create_task(work()) for work in self.beside]
        if self.warm:
            await self._warm_up(self.warm)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _warm_up(self, warm: Work) -> None:
        try:
            async with asyncio.timeout(WARM_SECONDS):
                await warm()
        except Exception:  # the server's own boundary: it starts cold
            log.warning("Not all is warm yet.", exc_info=True)
