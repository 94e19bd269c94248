"""Who is compared: how each is started, and at which addresses it is asked."""

import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.server.running import PROJECT

OWN_TOOLS, PEERS_TOOLS = Path(sys.executable).parent, PROJECT / ".venv-bench/bin"
UVICORN = "-k uvicorn_worker.UvicornWorker"
DATABASES = ("sqlite", "postgresql")
LIST = "/books/?sort=-added"


@dataclass(frozen=True)
class Stack:
    name: str
    title: str
    command: str  # {port} is filled in
    tools: Path = PEERS_TOOLS
    variables: dict[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = DATABASES
    # Of those who keep answers the page that begins after a book which is newer than all: a new address, the same work.
    cold: Callable[[int], str] | None = None
    # Other rows for each number, at one of 190 places; a list that nobody has asked for, by the years of publication.
    rows: Callable[[int], str] | None = lambda number: f"{LIST}&after={number % 190 + 21}"
    new_filter: Callable[[int], str] | None = None
    has_pages: bool = False  # whether it has a home and a page for each book
    writes: bool = True  # whether it takes a PATCH


def gunicorn(application: str, worker: str = UVICORN) -> str:
    # An empty configuration: gunicorn would read this catalogue's own.
    return f"gunicorn -c /dev/null -b 127.0.0.1:{{port}} -w 1 {worker} benchmarks.peers.{application}"


def cursor(number: int) -> str:
    return urlsafe_b64encode(json.dumps(["-added", number]).encode()).decode().rstrip("=")


def django(module: str) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.project", "PEER": f"benchmarks.peers.{module}"}


OURS = "gunicorn django41_example.asgi:application -k uvicorn.workers.UvicornWorker -w 1"
STACKS = (
    Stack("ours", "this catalogue", OURS, OWN_TOOLS, cold=lambda number: f"{LIST}&after={cursor(number)}", rows=None),
    Stack(
        "unkept",
        "this catalogue, keeping no answers",
        OURS,
        OWN_TOOLS,
        {"CACHE_MB": "0"},
        rows=lambda number: f"{LIST}&after={cursor(number % 190 + 21)}",
        new_filter=lambda number: f"/books/?year={number % 3000 - 2000}..{number // 3000 % 90 + 1930}&sort=-added",
        has_pages=True,
    ),
    Stack("bare", "a bare ASGI callable, these very bytes", gunicorn("bare:application"), rows=None, writes=False),
    Stack(
        "tutorial",
        "Django, the tutorials' async view",
        gunicorn("tutorial:application"),
        variables=django("tutorial"),
    ),
    Stack(
        "sync",
        "Django, sync views, gthread",
        gunicorn("sync_django:application", "-k gthread --threads 8"),
        variables=django("sync_django"),
    ),
    Stack("fastapi", "FastAPI, SQLAlchemy", gunicorn("fastapi_sqlalchemy:app")),
    Stack("litestar", "Litestar, asyncpg", gunicorn("litestar_asyncpg:app"), databases=("postgresql",)),
)
