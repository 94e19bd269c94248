import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.running import PROJECT, environment

pytestmark = [pytest.mark.server, pytest.mark.once]

FIRST_REQUEST = """
import asyncio, sys
from blockbuster import blockbuster_ctx
from django41_example.asgi import application

body = [{"type": "http.request"}]

async def receive():
    return body.pop() if body else await asyncio.Event().wait()

async def send(message):
    print(message.get("status", ""))

async def main():
    headers = [(b"host", b"localhost"), (b"accept", b"text/html")]
    scope = {"type": "http", "method": "GET", "path": "/books/", "query_string": b"", "headers": headers}
    before = set(sys.modules)
    with blockbuster_ctx():
        await application(scope, receive, send)
    print(*(name for name in set(sys.modules) - before if name.startswith("books")))

asyncio.run(main())
"""


def test_a_workers_first_request_reads_nothing_from_disk_on_the_event_loop(tmp_path: Path, database_url: str) -> None:
    variables = environment(tmp_path, {"DATABASE_URL": database_url})

    command = [sys.executable, "-c", FIRST_REQUEST]
    told = subprocess.run(command, check=True, cwd=PROJECT, env=variables, stdout=subprocess.PIPE, text=True).stdout
    assert told.split() == ["200"]
