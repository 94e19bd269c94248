"""A worker tells gunicorn each second that it is alive, else it is killed; gunicorn.conf.py sets that up."""

import os
import runpy
import time
from types import SimpleNamespace

import pytest
from uvicorn import Config, Server

from tests.server.running import PROJECT

pytestmark = pytest.mark.once


async def test_a_worker_stays_alive_when_the_clock_is_set_back() -> None:
    signs: list[float] = []
    worker = SimpleNamespace(
        config=Config("asgi"),
        cfg=SimpleNamespace(accesslog=None),
        sockets=[],
        ppid=os.getppid(),
        notify=lambda: signs.append(time.monotonic()),
    )
    runpy.run_path(str(PROJECT / "gunicorn.conf.py"))["post_fork"](None, worker)
    server = Server(worker.config)
    server.last_notified = time.time() + 3600
    await server.on_tick(0)
    assert len(signs) == 1
