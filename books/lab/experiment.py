"""Runs a case and measures how long other requests wait, without letting anybody stall the server."""

import math
import time
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest

from books.lab import slow_server
from books.lab.guide import Case
from books.lab.latency import probing
from books.web.negotiation import HTTPError

SECONDS = 1.0  # for the slow server's response
MAX_RUNNING = 3  # in one worker
PAUSE = 3.0  # seconds between two cases that block, in one worker
IN_PRODUCTION = "This case blocks everyone, so it does not run in production: try it on your own machine."


class Laboratory:
    """The runs of one worker."""

    def __init__(self) -> None:
        self.running = 0
        self.may_block_at = 0.0

    async def arun(self, case: Case, request: HttpRequest) -> dict[str, Any]:
        """The case's response or Django's error, the time it took, and how long other requests waited."""
        self._check_limits(case)
        self.running += 1
        try:
            slow = {"slow": slow_server.start(SECONDS)} if case.uses_slow_server else {}
            async with probing() as probe:
                started = time.perf_counter()
                answer, error = await atry(case, request, slow)
                seconds = time.perf_counter() - started
        finally:
            self.running -= 1
        result = {"answer": answer, "error": error, "seconds": round(seconds, 3), "others": probe.figures()}
        return {"name": case.name, "url": case.url, "title": case.title, **result}

    def _check_limits(self, case: Case) -> None:
        if case.blocks and settings.PRODUCTION:
            raise HTTPError(403, IN_PRODUCTION)
        wait = self.may_block_at - time.monotonic() if case.blocks else 0.0
        if self.running >= MAX_RUNNING or wait > 0:
            seconds = max(math.ceil(wait), 1)
            detail = f"The laboratory is busy. Try again in {seconds} second{'s' if seconds > 1 else ''}."
            raise HTTPError(429, detail, headers={"Retry-After": str(seconds)})
        if case.blocks:
            self.may_block_at = time.monotonic() + PAUSE


async def atry(case: Case, request: HttpRequest, arguments: dict[str, str]) -> tuple[str | None, str | None]:
    """The case's response; if Django raises an error, the error and the response of the correct view."""
    try:
        return await acall(case.view, request, **arguments), None
    except SynchronousOnlyOperation as error:
        answer = await acall(case.right_view, request) if case.right_view else None
        return answer, f"{type(error).__name__}: {error}"


async def acall(view: Any, request: HttpRequest, **arguments: Any) -> str:
    """Call a view as Django does: a sync one in the request's thread."""
    call = view if iscoroutinefunction(view) else sync_to_async(view)
    response = await call(request, **arguments)
    return str(response.content, "utf-8")


laboratory = Laboratory()
