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

# Of half a megabyte and more each: for look-ups, sign-in elsewhere and single formats of files.
RARELY_NEEDED = {"bibtexparser", "chardet", "cryptography", "httpcore", "httpx", "joserfc", "pymarc", "rispy"}


def run(code: str, tmp_path: Path, database_url: str) -> list[str]:
    """The words that it prints in a process of its own."""
    variables = environment(tmp_path, {"DATABASE_URL": database_url})
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, check=True, cwd=PROJECT, env=variables, stdout=subprocess.PIPE, text=True).stdout
    return told.split()


def test_a_workers_first_request_reads_nothing_from_disk_on_the_event_loop(tmp_path: Path, database_url: str) -> None:
    assert run(FIRST_REQUEST, tmp_path, database_url) == ["200"]


def test_a_worker_does_not_load_what_few_requests_need(tmp_path: Path, database_url: str) -> None:
    loaded = run("import sys, django41_example.asgi; print(*sys.modules)", tmp_path, database_url)
    assert not RARELY_NEEDED.intersection(loaded)
