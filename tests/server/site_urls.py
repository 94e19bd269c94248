"""The catalogue's addresses, and some that take as long as they are told: a request until there is a file, ?until=, and
an event ?every= so many seconds."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from django41_example import urls

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


log = logging.getLogger(__name__)


async def waits(request: HttpRequest) -> HttpResponse:
    log.info("begun")
    while not Path(request.GET["until"]).exists():  # noqa: ASYNC110, ASYNC240 - a test makes it, in its own process
        await asyncio.sleep(0.01)
    return HttpResponse("waited\n")


async def holds_a_thread(request: HttpRequest) -> HttpResponse:
    await sync_to_async(hold)(Path(request.GET["until"]))
    return HttpResponse("held\n")


def hold(until: Path) -> None:
    log.info("begun")
    while not until.exists():
        time.sleep(0.01)


async def events(request: HttpRequest) -> StreamingHttpResponse:
    """Numbered events, the same for all clients and workers: whoever misses one can tell by its id."""
    every = float(request.GET["every"])
    last = request.headers.get("Last-Event-ID")
    first = int(last) + 1 if last else int(time.time() / every)
    return StreamingHttpResponse(numbered(first, every), content_type="text/event-stream")


async def numbered(number: int, every: float) -> AsyncIterator[bytes]:
    while True:
        yield f"id: {number}\ndata: {number}\n\n".encode()
        number += 1
        await asyncio.sleep(max(0.0, number * every - time.time()))


urlpatterns = [
    path("waits/", waits),
    path("holds-a-thread/", holds_a_thread),
    path("events/", events),
    *urls.urlpatterns,
]
