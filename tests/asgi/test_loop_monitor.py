import asyncio
import gc
import hashlib
import logging
import re
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from dev import loop_monitor as guard_module
from dev.loop_monitor import LIMIT, LoopMonitor, MonitoredLoop, SlowCallback
from tests.asgi.client import ask, until
from tests.guarding import guarded_loops

pytestmark = pytest.mark.once

HERE = Path(__file__).parent
Watch = Callable[..., MonitoredLoop]


async def blocks_by_waiting() -> None:
    time.sleep(3 * LIMIT)  # noqa: ASYNC251


def computes(seconds: float) -> None:
    until_then = time.thread_time() + seconds
    while time.thread_time() < until_then:
        hashlib.scrypt(b"", salt=b"", n=1024, r=8, p=1)


@pytest.fixture
async def watch() -> AsyncIterator[Watch]:
    """Has the test's loop watched as in development: what is in this folder is ours."""
    started: list[asyncio.Task[None]] = []

    def watch(application: Any = None, ours: Path = HERE, **options: Any) -> MonitoredLoop:
        guarded = MonitoredLoop(application, [ours], **options)
        started.append(asyncio.create_task(guarded.watch()))
        return guarded

    yield watch
    for task in started:
        task.cancel()
    await asyncio.wait(started)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING, guard_module.__name__)
    return lambda: [record.getMessage() for record in caplog.records if record.name == guard_module.__name__]


async def test_the_log_names_the_view_the_request_and_the_stack(watch: Any, lines: Any) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await blocks_by_waiting()
        await send({"type": "http.response.start", "status": 204, "headers": []})

    await ask(watch(application), "/books/7/")
    await until(lines)
    [line] = lines()
    assert "in books.views.book_detail.BookDetail, GET '/books/7/'" in line
    assert "time.sleep(3 * LIMIT)" in line
    assert ".venv" not in line  # only our own part of the stack


async def test_it_says_for_how_long(watch: Any, lines: Any) -> None:
    watch()
    await asyncio.sleep(0)  # it begins to watch
    await blocks_by_waiting()
    await until(lines)
    [seconds] = re.findall(r"blocked for ([\d.]+) s", lines()[0])
    assert 2 * LIMIT <= float(seconds) < 10


async def test_a_loop_that_goes_on_is_not_spoken_of(watch: Any, lines: Any) -> None:
    now = 0.0
    turns = watch(clock=lambda: now).monitor.turns
    turn = None
    for _ in range(4):
        await until(lambda before=turn: turns.get(threading.get_ident()) is not before)  # type: ignore[misc]
        turn = turns[threading.get_ident()]
        for seconds in (0.9 * LIMIT, 0):
            time.sleep(3 * guard_module.LOOK_EVERY)  # noqa: ASYNC251 - the guard looks on
            now += seconds
    await asyncio.sleep(guard_module.LOOK_EVERY * 2)
    assert lines() == []


async def test_what_others_block_is_not_ours(watch: Any, lines: Any, tmp_path: Path) -> None:
    watch(ours=tmp_path)
    await asyncio.sleep(0)
    await blocks_by_waiting()
    await asyncio.sleep(guard_module.LOOK_EVERY * 2)
    assert lines() == []


async def test_a_block_that_does_not_end_is_told_of_meanwhile(
    watch: Any, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "REPORT_AFTER", LIMIT * 2)
    watch()
    await asyncio.sleep(0)
    began = time.monotonic()
    while not lines() and time.monotonic() - began < 10:
        time.sleep(0.01)  # noqa: ASYNC251
    assert len(lines()) == 1
    await asyncio.sleep(guard_module.LOOK_EVERY * 3)
    assert len(lines()) == 1


async def test_the_guard_ends_with_its_watch(watch: Any) -> None:
    guarded = watch()
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        if task.get_coro().__qualname__ == "MonitoredLoop.watch":  # type: ignore[union-attr]
            task.cancel()
    await until(lambda: not guarded.monitor.thread.is_alive())


def told_of(work: Callable[[], object], *, ours: Path = HERE, spared: tuple[Path, ...] = ()) -> list[SlowCallback]:
    """What the suite's own guard says of some work on an event loop."""
    blocks: list[SlowCallback] = []

    async def on_the_loop() -> None:
        await asyncio.sleep(0)
        work()

    def run() -> None:
        asyncio.run(on_the_loop())

    with guarded_loops(LoopMonitor(blocks.append, ours=[ours], spared=spared)):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    return blocks


def test_in_the_suite_computing_is_a_block() -> None:
    [block] = told_of(lambda: computes(3 * LIMIT))
    assert "computes" in block.stack
    assert block.seconds > LIMIT


def test_in_the_suite_waiting_for_the_processor_is_none() -> None:
    assert told_of(lambda: time.sleep(3 * LIMIT)) == []


def test_in_the_suite_what_a_test_calls_itself_is_none(tmp_path: Path) -> None:
    file = tmp_path / "ours.py"
    file.write_text("def call(work):\n    work()\n")
    call = run_path(str(file))["call"]
    assert len(told_of(lambda: call(lambda: computes(3 * LIMIT)), ours=tmp_path)) == 1
    assert told_of(lambda: call(lambda: computes(3 * LIMIT)), ours=tmp_path, spared=(HERE,)) == []


def test_in_the_suite_collecting_garbage_is_none() -> None:
    assert told_of(lambda: collect_for(3 * LIMIT)) == []


def collect_for(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        gc.collect()
