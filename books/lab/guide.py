"""What the laboratory says of each way, and of libraries; the lines of code are read from where they run."""

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.urls import reverse
from django.views import View

from books.lab import slow_server, ways
from books.lookup import client

ROOT = Path(__file__).resolve().parents[2]


class Source(NamedTuple):
    """Some lines of code, and where they are."""

    file: str
    line: int
    code: str


def source_of(thing: Any) -> Source:
    lines, line = inspect.getsourcelines(thing)
    file = Path(inspect.getfile(thing)).resolve().relative_to(ROOT)
    return Source(str(file), line, "".join(lines).rstrip())


@dataclass
class Way:
    """One way to wait. `others` is what happens to others meanwhile, `when` says what it is for."""

    name: str
    title: str
    kind: type[View]
    others: str
    when: str
    asks: bool = True  # whether it asks the slow server
    blocks: bool = False
    right: type[View] | None = None  # the way that does what this one cannot

    def __post_init__(self) -> None:
        self.view = self.kind.as_view()
        self.right_view = self.right.as_view() if self.right else None
        self.sources = [source_of(kind) for kind in (self.kind, self.right) if kind]

    @property
    def url(self) -> str:
        return reverse("lab_way", args=[self.name])

    def as_dict(self) -> dict[str, Any]:
        said = {"name": self.name, "url": self.url, "title": self.title, "others": self.others, "when": self.when}
        return {**said, "blocks": self.blocks, "sources": [source._asdict() for source in self.sources]}


WAYS = {
    way.name: way
    for way in [
        Way(
            "sleep",
            "Sleep, async",
            ways.Sleep,
            "They notice nothing: at the await, the loop turns to them.",
            "Whenever there is only time to wait for. time.sleep() in its place would be the next way.",
            asks=False,
        ),
        Way(
            "blocking",
            "Block the loop",
            ways.Blocking,
            "They wait for as long as it takes, all whom this worker serves. Nothing fails, so no test tells.",
            "Never. It looks like any other code: a sync library, time.sleep(), a hash, a large file.",
            blocks=True,
        ),
        Way(
            "to-thread",
            "A thread of asyncio's",
            ways.ToThread,
            "They notice nothing, as long as one of the few threads is free.",
            "A sync library that asks no database of Django's: connections belong to the request's own thread.",
        ),
        Way(
            "sync-to-async",
            "The request's thread",
            ways.SyncToAsync,
            "They notice nothing; whoever needs the database meanwhile takes another of the threads that are lent.",
            "Django code that has no async form: a transaction, a form that asks the database.",
        ),
        Way(
            "async-client",
            "An async client",
            ways.AsyncClient,
            "They notice nothing, and no thread waits either: hundreds may wait like this at once.",
            "Whatever has an async library, see the table below. The best cure for waiting on a network.",
        ),
        Way(
            "sync-view",
            "A sync view",
            ways.SyncView,
            "They notice nothing: Django runs it in a thread by itself.",
            "A view that is sync from end to end. It holds a thread all the while: eight slow ones, and others wait.",
        ),
        Way(
            "orm",
            "Rows, the sync way",
            ways.RowsTheSyncWay,
            "They notice nothing: Django raises an error rather than ask the database on the loop.",
            "Never: write async for, or aget(), acount(), aexists(). Beside it stands the right way.",
            asks=False,
            right=ways.RowsTheAsyncWay,
        ),
    ]
}
CLIENTS = [source_of(slow_server.ask), source_of(client.aclient)]


class Library(NamedTuple):
    """A library, or the part of one, and its name in the package index; None: it comes with Python."""

    name: str
    package: str | None


class Counterparts(NamedTuple):
    purpose: str
    blocking: list[Library]
    awaited: list[Library]


def packages(*names: str) -> list[Library]:
    return [Library(name, name) for name in names]


LIBRARIES = [
    Counterparts("HTTP", packages("requests"), packages("httpx")),
    Counterparts("S3", packages("boto3"), packages("aioboto3")),
    Counterparts("Files", [Library("open()", None)], packages("aiofiles")),
    Counterparts("PostgreSQL", packages("psycopg2"), packages("psycopg", "asyncpg")),
    Counterparts("MySQL", packages("mysqlclient"), packages("asyncmy", "aiomysql")),
    Counterparts("Redis", packages("redis"), [Library("redis.asyncio", "redis")]),
]


def as_dict() -> dict[str, Any]:
    libraries = [
        {
            "purpose": row.purpose,
            "sync": [library._asdict() for library in row.blocking],
            "async": [library._asdict() for library in row.awaited],
        }
        for row in LIBRARIES
    ]
    return {"ways": [way.as_dict() for way in WAYS.values()], "libraries": libraries}
