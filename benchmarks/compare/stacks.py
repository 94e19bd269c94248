"""Who is compared: how each is started, and at which addresses it is asked."""

import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
    command: str  # {port} and {workers} are filled in
    tools: Path = PEERS_TOOLS
    variables: dict[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = DATABASES
    # The page that begins after a book which is newer than all: a new address for each number, the same work.
    after: Callable[[int], str] = lambda number: f"{LIST}&after={number}"
    # Other rows for each number, at one of 190 places; a list that nobody has asked for, by the years of publication.
    rows: Callable[[int], str] | None = lambda number: f"{LIST}&after={number % 190 + 21}"
    new_filter: Callable[[int], str] | None = None
    has_pages: bool = False  # whether it has a home and a page for each book
    directory: Path = PROJECT  # where its code is
    writes: bool = True  # whether it takes a PATCH
    keeps: bool = False  # whether it keeps answers


def gunicorn(application: str, worker: str = UVICORN) -> str:
    # An empty configuration: gunicorn would read this catalogue's own.
    return f"gunicorn -c /dev/null -b 127.0.0.1:{{port}} -w {{workers}} {worker} benchmarks.peers.{application}"


def cursor(number: int) -> str:
    return urlsafe_b64encode(json.dumps(["-added", number]).encode()).decode().rstrip("=")


def django(module: str) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.project", "PEER": f"benchmarks.peers.{module}"}


STACKS = (
    Stack(
        "ours",
        "this catalogue",
        "gunicorn django41_example.asgi:application -k uvicorn.workers.UvicornWorker -w {workers}",
        OWN_TOOLS,
        after=lambda number: f"{LIST}&after={cursor(number)}",
        rows=None,
        keeps=True,
    ),
    Stack(
        "unkept",
        "this catalogue, keeping no answers",
        "gunicorn django41_example.asgi:application -k uvicorn.workers.UvicornWorker -w {workers}",
        OWN_TOOLS,
        {"CACHE_MB": "0", "KEPT_MB": "0"},  # the second is the name that the code of before knows
        rows=lambda number: f"{LIST}&after={cursor(number % 190 + 21)}",
        new_filter=lambda number: f"/books/?year={number % 3000 - 2000}..{number // 3000 % 90 + 1930}&sort=-added",
        has_pages=True,
    ),
    Stack("bare", "a bare ASGI callable, these very bytes", gunicorn("bare:application"), rows=None, writes=False),
    Stack("tutorial", "Django, the tutorials' async view", gunicorn("tutorial:application")),
    Stack(
        "sync",
        "Django, sync views, gthread",
        gunicorn("sync_django:application", "-k gthread --threads 8"),
        variables=django("sync_django") | {"KEEP_CONNECTIONS": "1"},
    ),
    Stack("ninja", "django-ninja", gunicorn("ninja_api:application"), variables=django("ninja_api")),
    Stack("fastapi", "FastAPI, SQLAlchemy", gunicorn("fastapi_sqlalchemy:app")),
    Stack("litestar", "Litestar, SQLAlchemy", gunicorn("litestar_sqlalchemy:app")),
    Stack("litestar-asyncpg", "Litestar, asyncpg", gunicorn("litestar_asyncpg:app"), databases=("postgresql",)),
)


def code_of_before(directory: Path) -> Stack:
    """Another checkout of this catalogue, keeping no answers."""
    unkept = next(stack for stack in STACKS if stack.name == "unkept")
    return replace(unkept, name="before", title=f"the code in {directory.name}", directory=directory.resolve())
