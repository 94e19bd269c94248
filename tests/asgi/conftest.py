import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.urls import include, path, re_path

from books.views.errors import refused
from django41_example.server.handler import Handler
from django41_example.server.threads import ANSWERING, Threads
from tests.asgi.client import until

Lend = Callable[..., Threads]
Serve = Callable[..., Handler]


@pytest.fixture
async def lend() -> AsyncIterator[Lend]:
    """Makes threads to lend. After the test each was given back, and no connection of theirs is open."""
    made: list[Threads] = []

    def lend(size: int = 2, *, line_length: int = 8, patience: float = 60) -> Threads:
        made.append(Threads(size, line_length=line_length, patience=patience))
        return made[-1]

    yield lend
    for threads in made:
        await until(lambda threads=threads: threads.lent == 0)
        await asyncio.to_thread(close_connections_for_answers, threads)
        threads.close()


def close_connections_for_answers(threads: Threads) -> None:
    together = threading.Barrier(ANSWERING, timeout=10)

    def close() -> None:
        together.wait()
        connections.close_all()

    for done in [threads.for_answers.submit(close) for _ in range(ANSWERING)]:
        done.result()


@pytest.fixture
def serve(lend: Lend, settings: Any) -> Serve:
    """Makes a handler that answers every address with one view."""

    def serve(view: Callable[..., Any], threads: Threads | None = None, **limits: Any) -> Handler:
        settings.ROOT_URLCONF = (re_path("", view), path("", include("books.urls")))  # for the links in a page
        return Handler(threads or lend(), refused, **{"body_limit": 1000, **limits})

    return serve


class Gate:
    """Where sync code waits in its thread, until the test lets it go on."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.waiting = 0

    def pass_through(self) -> None:
        self.waiting += 1
        assert self.opened.wait(10)

    def open(self) -> None:
        self.opened.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()
