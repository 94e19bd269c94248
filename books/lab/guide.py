"""The laboratory's texts on each case. The code that it shows is read from the lines that run."""

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.urls import reverse
from django.views import View

from books.lab import cases, slow_server
from books.lookup import client

ROOT = Path(__file__).resolve().parents[2]


class Source(NamedTuple):
    """Some lines of code and their place."""

    file: str
    line: int
    code: str


def source_of(thing: Any) -> Source:
    lines, line = inspect.getsourcelines(thing)
    file = Path(inspect.getfile(thing)).resolve().relative_to(ROOT)
    return Source(str(file), line, "".join(lines).rstrip())


@dataclass
class Case:
    """A way to wait. `others`: its effect on other requests; `when`: its use."""

    name: str
    title: str
    kind: type[View]
    others: str
    when: str
    uses_slow_server: bool = True
    blocks: bool = False
    right: type[View] | None = None  # the view that does what this one cannot

    def __post_init__(self) -> None:
        self.view = self.kind.as_view()
        self.right_view = self.right.as_view() if self.right else None
        self.sources = [source_of(kind) for kind in (self.kind, self.right) if kind]

    @property
    def url(self) -> str:
        return reverse("lab_case", args=[self.name])

    def serialized(self) -> dict[str, Any]:
        data = {"name": self.name, "url": self.url, "title": self.title, "others": self.others, "when": self.when}
        return {**data, "blocks": self.blocks, "sources": [source._asdict() for source in self.sources]}


CASES = {
    case.name: case
    for case in [
        Case(
            "sleep",
            "Sleep, async",
            cases.Sleep,
            "They notice nothing. At the await, the loop turns to them.",
            "Whenever there is only time to wait for. With time.sleep() instead, it would be the next case.",
            uses_slow_server=False,
        ),
        Case(
            "blocking",
            "Block the loop",
            cases.Blocking,
            "Everyone on this worker waits the whole second. Nothing fails, so no test notices.",
            "Never. It looks like any other code: a sync library, time.sleep(), hashing, a large file.",
            blocks=True,
        ),
        Case(
            "to-thread",
            "A thread of asyncio",
            cases.ToThread,
            "They notice nothing, as long as one of the few threads is free.",
            "A sync library that does not use Django's database: connections belong to the request's own thread.",
        ),
        Case(
            "sync-to-async",
            "The request's thread",
            cases.SyncToAsync,
            "They notice nothing. Requests that need the database take another thread of the pool.",
            "Django code that has no async form: a transaction, a form that queries the database.",
        ),
        Case(
            "async-client",
            "An async client",
            cases.AsyncClient,
            "They notice nothing, and no thread waits either. Hundreds can wait like this at once.",
            "Whatever has an async library: see the table below. The best cure for waiting on a network.",
        ),
        Case(
            "sync-view",
            "A sync view",
            cases.SyncView,
            "They notice nothing. Django runs the view in a thread.",
            "A view that is sync from end to end. It holds a thread all the time, so a few slow ones use up the pool.",
        ),
        Case(
            "orm",
            "Rows, the sync way",
            cases.RowsTheSyncWay,
            "They notice nothing: Django raises an error rather than query the database on the loop.",
            "Never. Write async for, aget(), acount() or aexists(), as in the view beside it.",
            uses_slow_server=False,
            right=cases.RowsTheAsyncWay,
        ),
    ]
}
CLIENTS = [source_of(slow_server.ask), source_of(client.aclient)]

LIBRARIES = {  # that block, and that can be awaited
    "HTTP": (["requests"], ["httpx"]),
    "S3": (["boto3"], ["aioboto3"]),
    "Files": (["open()"], ["aiofiles"]),
    "PostgreSQL": (["psycopg2"], ["psycopg", "asyncpg"]),
    "MySQL": (["mysqlclient"], ["asyncmy", "aiomysql"]),
    "Redis": (["redis"], ["redis.asyncio"]),
}
PACKAGES = {"open()": None, "redis.asyncio": "redis"}  # in the package index, if not of the same name


def packages(names: list[str]) -> list[dict[str, str | None]]:
    return [{"name": name, "package": PACKAGES.get(name, name)} for name in names]


def serialized() -> dict[str, Any]:
    libraries = [
        {"purpose": purpose, "sync": packages(blocking), "async": packages(awaited)}
        for purpose, (blocking, awaited) in LIBRARIES.items()
    ]
    return {"ways": [case.serialized() for case in CASES.values()], "libraries": libraries}
