"""The catalogue's addresses, and some that take as long as they are told: ?seconds= a request, ?every= an event."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from django41_example import urls

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


log = logging.getLogger(__name__)


async def waits(request: HttpRequest) -> HttpResponse:
    log.info("begun")
    await asyncio.sleep(float(request.GET["seconds"]))
    return HttpResponse("waited\n")


async def holds_a_thread(request: HttpRequest) -> HttpResponse:
    await sync_to_async(hold)(float(request.GET["seconds"]))
    return HttpResponse("held\n")


def hold(seconds: float) -> None:
    log.info("begun")
    time.sleep(seconds)


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
