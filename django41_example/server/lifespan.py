import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BLOCKING_THREADS = 4  # for asyncio itself, such as looking up the address of a host
WARM_UP_SECONDS = 2.0  # seconds that the first request waits at most
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before a background task is restarted

Work = Callable[[], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


class Lifespan:
    """Handles the start and stop of the server, and runs the background tasks in between.

    A background task runs until the server stops. If it ends by itself, that is logged and it is restarted after
    growing pauses. `warm_up` prepares what the first requests need, but these do not wait long for it. The server
    passes `state` to the protocol of every connection.
    """

    def __init__(
        self,
        *,
        state: Mapping[str, Any],
        close: Callable[[], None],
        background: Iterable[Work] = (),
        warm_up: Work | None = None,
    ) -> None:
        self.state, self.close = state, close
        self.background, self.warm_up = background, warm_up

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        scope["state"] |= self.state
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(BLOCKING_THREADS, thread_name_prefix="blocking"))
        tasks = [loop.create_task(keep_running(work)) for work in self.background]
        if self.warm_up:
            await self._warm_up(self.warm_up)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _warm_up(self, warm_up: Work) -> None:
        try:
            async with asyncio.timeout(WARM_UP_SECONDS):
                await warm_up()
        except Exception:  # the boundary of the server, which then starts cold
            log.warning("The server starts without having warmed up.", exc_info=True)


async def keep_running(work: Work, sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep) -> None:
    """Run the work until cancelled. After it has run for longer than the longest pause, the pauses are short again."""
    pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
    while True:
        started, error = loop.time(), None
        try:
            await work()
        except Exception as caught:  # noqa: BLE001 - the boundary of the task: it is logged
            error = caught
        if loop.time() - started > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        name = getattr(work, "__qualname__", repr(work))
        log.error("The background task %s ended. It starts again in %.0f s.", name, pause, exc_info=error)
        await sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
