import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from django41_example.server.lifespan import Lifespan, keep_running
from tests.asgi.client import until

pytestmark = pytest.mark.once


class Life:
    """A server that starts an application, and stops it when it is told to."""

    def __init__(self) -> None:
        self.stop, self.state = asyncio.Event(), dict[str, Any]()
        self.messages: list[str] = []
        self.events: list[str] = []
        self.reported = [{"type": "lifespan.startup"}]

    async def receive(self) -> dict[str, str]:
        if self.reported:
            return self.reported.pop()
        await self.stop.wait()
        return {"type": "lifespan.shutdown"}

    async def send(self, message: dict[str, str]) -> None:
        self.messages.append(message["type"])

    async def background(self) -> None:
        self.events.append("task starts")
        try:
            await asyncio.Event().wait()
        finally:
            self.events.append("task ends")

    def start(self, **options: Any) -> asyncio.Task[None]:
        lifespan = Lifespan(
            state={"end_streams": lambda: self.events.append("streams")},
            close=lambda: self.events.append("close"),
            **options,
        )
        return asyncio.ensure_future(lifespan({"type": "lifespan", "state": self.state}, self.receive, self.send))


@pytest.fixture
async def life() -> AsyncIterator[Life]:
    loop = asyncio.get_running_loop()
    executor = loop._default_executor  # type: ignore[attr-defined]
    yield Life()
    loop._default_executor.shutdown()  # type: ignore[attr-defined]
    loop._default_executor = executor  # type: ignore[attr-defined]


async def test_the_server_hears_of_the_start_and_of_the_end(life: Life) -> None:
    task = life.start()
    await until(lambda: life.messages == ["lifespan.startup.complete"])
    life.stop.set()
    await task
    assert (life.messages[1:], life.events) == (["lifespan.shutdown.complete"], ["close"])


async def test_connections_are_told_how_to_end_the_streams(life: Life) -> None:
    life.stop.set()
    await life.start()
    life.state["end_streams"]()
    assert life.events == ["close", "streams"]


async def test_a_background_task_ends_with_the_server(life: Life) -> None:
    task = life.start(background=[life.background])
    await until(lambda: life.events == ["task starts"])
    life.stop.set()
    await task
    await until(lambda: life.events == ["task starts", "close", "task ends"])


class Fails:
    """A background task that fails, and the pauses before it is started again."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.starts = 0
        self.pauses: list[float] = []

    async def __call__(self) -> None:
        self.starts += 1
        if self.error:
            raise self.error

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) == 8:
            raise asyncio.CancelledError


async def test_a_background_task_that_fails_is_started_again_after_growing_pauses() -> None:
    work = Fails(ValueError("lost"))
    with pytest.raises(asyncio.CancelledError):
        await keep_running(work, work.sleep)
    assert (work.starts, work.pauses) == (8, [1, 2, 4, 8, 16, 32, 60, 60])


async def test_its_failure_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    work = Fails(ValueError("lost"))
    with pytest.raises(asyncio.CancelledError):
        await keep_running(work, work.sleep)
    assert "starts again in 1 s" in caplog.messages[0]
    assert "ValueError: lost" in caplog.text


async def test_a_background_task_that_returns_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    work = Fails()
    with pytest.raises(asyncio.CancelledError):
        await keep_running(work, work.sleep)
    assert len(caplog.messages) == 8


async def test_a_failed_background_task_does_not_end_the_server(life: Life, caplog: pytest.LogCaptureFixture) -> None:
    work = Fails(ValueError("lost"))
    task = life.start(background=[work, life.background])
    await until(lambda: work.starts and life.events == ["task starts"])
    life.stop.set()
    await task
    assert life.messages[-1] == "lifespan.shutdown.complete"


async def test_what_asyncio_sends_to_threads_has_few_of_them(life: Life) -> None:
    life.stop.set()
    await life.start()
    names = {await asyncio.to_thread(lambda: threading.current_thread().name) for _ in range(20)}
    assert all(name.startswith("blocking_") for name in names)
    assert asyncio.get_running_loop()._default_executor._max_workers == 4  # type: ignore[attr-defined]
