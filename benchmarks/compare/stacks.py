"""Who is compared: how each is started, and what it is asked."""

import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.server.running import PROJECT

OWN_TOOLS, PEERS_TOOLS = Path(sys.executable).parent, PROJECT / ".venv-bench/bin"
UVICORN = "-k uvicorn_worker.UvicornWorker"
DATABASES = ("sqlite", "postgresql")
LIST = "/books/?sort=-added"


class Stack(NamedTuple):
    name: str
    title: str
    command: str  # {port} is filled in
    kinds: str = "writes rows"  # of scenarios, besides the page itself
    variables: dict[str, str] = {}
    tools: Path = PEERS_TOOLS
    databases: tuple[str, ...] = DATABASES
    place: Callable[[int], str] = str  # how its addresses tell the book after which a page begins


def cursor(number: int) -> str:
    return urlsafe_b64encode(json.dumps(["-added", number]).encode()).decode().rstrip("=")


def ours(name: str, title: str, kinds: str, **variables: str) -> Stack:
    command = "gunicorn django41_example.asgi:application -k uvicorn.workers.UvicornWorker -w 1"
    return Stack(name, title, command, kinds, variables, OWN_TOOLS, place=cursor)


def gunicorn(application: str, worker: str = UVICORN) -> str:
    # An empty configuration: gunicorn would read this catalogue's own.
    return f"gunicorn -c /dev/null -b 127.0.0.1:{{port}} -w 1 {worker} benchmarks.peers.{application}"


def django(module: str) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.project", "PEER": f"benchmarks.peers.{module}"}


SYNC = gunicorn("sync_django:application", "-k gthread --threads 8")
STACKS = (
    ours("ours", "this catalogue", "304 cold writes"),
    ours("unkept", "this catalogue, keeping no answers", "writes rows filter book home", CACHE_MB="0"),
    Stack("bare", "a bare ASGI callable, these very bytes", gunicorn("bare:application"), "304"),
    Stack(
        "tutorial",
        "Django, the tutorials' async view",
        gunicorn("tutorial:application"),
        variables=django("tutorial"),
    ),
    Stack("sync", "Django, sync views, gthread", SYNC, variables=django("sync_django")),
    Stack("fastapi", "FastAPI, SQLAlchemy", gunicorn("fastapi_sqlalchemy:app")),
    Stack("litestar", "Litestar, asyncpg", gunicorn("litestar_asyncpg:app"), databases=("postgresql",)),
)
