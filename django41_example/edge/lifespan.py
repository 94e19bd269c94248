import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BLOCKING = 4  # threads for what asyncio itself sends to one, such as looking up a host's address


class Lifespan:
    """Answers the server when it starts and stops, and runs `beside` between the two.

    The server hands `state` to every connection: its protocol calls `end_streams` when the stop begins.
    """

    def __init__(
        self,
        application: Any,
        *,
        end_streams: Callable[[], None],
        close: Callable[[], None],
        beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.application, self.end_streams, self.close, self.beside = application, end_streams, close, beside

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.application(scope, receive, send)
            return
        await receive()
        scope["state"]["end_streams"] = self.end_streams
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(BLOCKING, thread_name_prefix="blocking"))
        task = loop.create_task(self.beside()) if self.beside else None
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if task:
            task.cancel()
        self.close()
        await send({"type": "lifespan.shutdown.complete"})
