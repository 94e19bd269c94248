"""Runs a way and measures what others wait for meanwhile, without becoming a way to hold up a server."""

import math
import time
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest

from books.lab import slow_server
from books.lab.guide import Way
from books.lab.latency import pulsing
from books.web.negotiation import HTTPError

SECONDS = 1.0  # that the slow server takes
AT_ONCE = 3  # runs in one worker
REST = 3.0  # seconds from one block to the next in one worker
IN_PRODUCTION = "This way holds up everybody, so a server in production does not run it: try it on your own machine."


class Laboratory:
    """The runs of one worker: few at once, and blocks only now and then."""

    def __init__(self) -> None:
        self.running = 0
        self.may_block_at = 0.0

    async def arun(self, way: Way, request: HttpRequest) -> dict[str, Any]:
        """What became of it: its answer or Django's error, how long it took, and how long others waited meanwhile."""
        self._admit(way)
        self.running += 1
        try:
            slow = {"slow": slow_server.start(SECONDS)} if way.asks else {}
            async with pulsing() as pulse:
                began = time.perf_counter()
                answer, error = await atry(way, request, slow)
                seconds = time.perf_counter() - began
        finally:
            self.running -= 1
        told = {"answer": answer, "error": error, "seconds": round(seconds, 3), "others": pulse.figures()}
        return {"name": way.name, "url": way.url, "title": way.title, **told}

    def _admit(self, way: Way) -> None:
        if way.blocks and settings.PRODUCTION:
            raise HTTPError(403, IN_PRODUCTION)
        wait = self.may_block_at - time.monotonic() if way.blocks else 0.0
        if self.running >= AT_ONCE or wait > 0:
            seconds = max(math.ceil(wait), 1)
            detail = f"The laboratory rests for a moment: try again in {seconds} second{'s' if seconds > 1 else ''}."
            raise HTTPError(429, detail, headers={"Retry-After": str(seconds)})
        if way.blocks:
            self.may_block_at = time.monotonic() + REST


async def atry(way: Way, request: HttpRequest, arguments: dict[str, str]) -> tuple[str | None, str | None]:
    """What the way answers, or the right way if there is one, and the error that Django raises."""
    try:
        return await aanswer(way.view, request, **arguments), None
    except SynchronousOnlyOperation as error:
        answer = await aanswer(way.right_view, request) if way.right_view else None
        return answer, f"{type(error).__name__}: {error}"


async def aanswer(view: Any, request: HttpRequest, **arguments: Any) -> str:
    """What the view answers. As Django does with any, a sync one runs in the request's thread."""
    call = view if iscoroutinefunction(view) else sync_to_async(view)
    response = await call(request, **arguments)
    return str(response.content, "utf-8")


laboratory = Laboratory()
