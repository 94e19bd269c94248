import math
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from django.urls import include, path, re_path

from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from django41_example.server.thread_pool import Limits, ThreadPool
from django41_example.server.threads import disconnect_signals
from tests.asgi.client import PATIENCE, until

MakePool = Callable[..., ThreadPool]
Serve = Callable[..., Handler]


@pytest.fixture
async def make_pool() -> AsyncIterator[MakePool]:
    """Makes pools. After the test each thread was returned, and none of their connections is open."""
    made: list[ThreadPool] = []

    def make_pool(size: int = 2, *, queue_length: int = 8, queue_timeout: float = 60, **limits: Any) -> ThreadPool:
        disconnect_signals()  # Django's test client connects them again
        limits = {"statement_timeout": math.inf, "client_share": 1, "writer_share": 1, **limits}
        streaming = ThreadPool(2, Limits(queue_length=20, queue_timeout=60, **limits), name="streaming")
        given = Limits(queue_length=queue_length, queue_timeout=queue_timeout, **limits)
        made.append(ThreadPool(size, given, streaming=streaming))
        return made[-1]

    yield make_pool
    for pool in made:
        await until(lambda pool=pool: pool.checked_out == pool.streaming.checked_out == 0)  # type: ignore[misc]
        pool.close()


@pytest.fixture
def serve(make_pool: MakePool, settings: Any) -> Serve:
    """Makes a handler that answers every address with one view."""

    def serve(view: Callable[..., Any], pool: ThreadPool | None = None, **limits: Any) -> Handler:
        settings.ROOT_URLCONF = (re_path("", view), path("", include("books.urls")))  # for the links in a page
        return Handler(pool or make_pool(), server_refusal, **{"body_limit": 1000, **limits})

    return serve


class Gate:
    """Where sync code waits in its thread, until the test lets it go on."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.waiting = 0

    def pass_through(self) -> None:
        self.waiting += 1
        assert self.opened.wait(PATIENCE)

    def open(self) -> None:
        self.opened.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()
