"""Seven ways to wait for something slow, each a view as people write them. The laboratory runs and shows these lines.

`slow` is the URL of a server that responds after a second.
"""

import asyncio

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.views import View

from books.lab.slow_server import ask
from books.lookup.client import aclient
from books.models import Book


class Sleep(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(1)
        return HttpResponse("I slept for a second, and nobody noticed.")


class Blocking(View):
    async def get(self, request: HttpRequest, slow: str) -> HttpResponse:
        answer = ask(slow)  # like requests.get() and time.sleep()
        return HttpResponse(answer)


class ToThread(View):
    async def get(self, request: HttpRequest, slow: str) -> HttpResponse:
        answer = await asyncio.to_thread(ask, slow)
        return HttpResponse(answer)


class SyncToAsync(View):
    async def get(self, request: HttpRequest, slow: str) -> HttpResponse:
        answer = await sync_to_async(ask)(slow)
        return HttpResponse(answer)


class AsyncClient(View):
    async def get(self, request: HttpRequest, slow: str) -> HttpResponse:
        async with asyncio.timeout(5), await aclient() as client:  # httpx.AsyncClient
            response = await client.get(slow)
        return HttpResponse(response.text)


class SyncView(View):
    def get(self, request: HttpRequest, slow: str) -> HttpResponse:
        answer = ask(slow)
        return HttpResponse(answer)


class RowsTheSyncWay(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        titles = [book.title for book in Book.objects.order_by("-pk")[:3]]
        return HttpResponse(", ".join(titles))


class RowsTheAsyncWay(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        titles = [book.title async for book in Book.objects.order_by("-pk")[:3]]
        return HttpResponse(", ".join(titles))
