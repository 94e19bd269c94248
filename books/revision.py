"""The catalogue's revision: how a process learns that a book, an author or a topic has changed, whoever changed it.

What is made from the catalogue and held in memory is good as long as the revision is. `confirm` answers for every
change that was acknowledged before it was asked, by any process, program or host:

- SQLite: triggers raise a number in the same transaction. `PRAGMA data_version` (5 µs) tells whether anybody has
  committed anything since the last look, and only then the number is read.
- PostgreSQL: triggers send a notification, which leaves with the commit. A process listens on one connection, and asks
  the server an empty question on it: what was committed before arrives before the answer. Nothing is written, so
  writers never wait for each other.

Where the revision is not known (nobody watches, the connection is lost), `confirm` gives None: nothing that is held
may be used.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import ExecStatus

CATALOGUE = ("books_book", "books_author", "books_bookauthor")
TOPICS = ("books_topic", "books_booktopic")  # what the topics and the numbers of their books depend on, of it
EVENTS = ("INSERT", "UPDATE", "DELETE")
CHANNEL = "books_revision"

ANSWER_SECONDS = 2.0  # for PostgreSQL to confirm; then the connection counts as lost
CONNECT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two tries to connect

log = logging.getLogger(__name__)


class NotWatchable(Exception):
    """The database cannot tell of changes; the argument says why, and what to do."""


class Revision:
    """A number that differs whenever the catalogue may have changed; `topics` is the same for the topics alone.

    Known while `watch` runs. Everything here happens on the event loop.
    """

    def __init__(self) -> None:
        self.topics = 0  # as of the last confirmation
        self.is_known = asyncio.Event()

    async def confirm(self) -> int | None:
        """The revision now; None if it is not known."""
        raise NotImplementedError

    async def watch(self) -> None:
        """Keep the revision known, until cancelled."""
        pause, warned = FIRST_PAUSE, False
        while True:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await self._open()
                pause, warned = FIRST_PAUSE, False
                self.is_known.set()
                await self._lost()
            except (OSError, psycopg.Error, sqlite3.Error, NotWatchable) as error:
                if not warned:
                    log.warning("Nothing is held in memory now, all is read from the database: %s", error)
                warned = True
            finally:
                self.is_known.clear()
                self._close()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _open(self) -> None:
        raise NotImplementedError

    async def _lost(self) -> None:
        """Return when what `_open` opened is of no more use."""
        await asyncio.Event().wait()

    def _close(self) -> None:
        raise NotImplementedError


class SqliteRevision(Revision):
    """Looks once a turn of the event loop: what is read in that turn had arrived before the look."""

    def __init__(self, path: Callable[[], str]) -> None:
        super().__init__()
        self.path = path
        self.connection: sqlite3.Connection | None = None
        self.number: int | None = None
        self.data_version: int | None = None
        self.has_looked = False

    async def confirm(self) -> int | None:
        if not self.has_looked:
            self._look()
        return self.number

    def _look(self) -> None:
        if self.connection is None:
            self.number = None
            return
        self.has_looked = True
        asyncio.get_running_loop().call_soon(self._look_again)
        try:
            (version,) = self.connection.execute("PRAGMA data_version").fetchone()
            if version != self.data_version:
                self.number, self.topics = self.connection.execute(
                    "SELECT number, topics FROM books_revision"
                ).fetchone()
                self.data_version = version
        except sqlite3.Error:  # locked for a moment
            self.number = self.data_version = None

    def _look_again(self) -> None:
        self.has_looked = False

    async def _open(self) -> None:
        self.connection = await asyncio.to_thread(self._connect)

    def _connect(self) -> sqlite3.Connection:
        name = f"file:{quote(self.path())}?mode=rw"
        # No timeout: the event loop must not wait for a lock.
        connection = sqlite3.connect(name, uri=True, timeout=0, isolation_level=None, check_same_thread=False)
        there = connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'revise_%'")
        if there.fetchone() != (len(sqlite_triggers()),):
            connection.close()
            raise NotWatchable("its triggers are missing. Run: python manage.py migrate")
        return connection

    def _close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = self.number = self.data_version = None


class PostgresRevision(Revision):
    """Asks once for all who wait: the question leaves when the turn of the event loop in which they came is over."""

    def __init__(self, parameters: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self.parameters = parameters
        self.number = 0
        self.connection: psycopg.AsyncConnection[Any] | None = None
        self.socket = -1
        self.is_lost = asyncio.Event()
        self.asked: list[asyncio.Future[int | None]] = []  # those for whom the question on its way was asked
        self.waiting: list[asyncio.Future[int | None]] = []
        self.too_late: asyncio.TimerHandle | None = None

    async def confirm(self) -> int | None:
        if self.connection is None:
            return None
        loop = asyncio.get_running_loop()
        confirmed = loop.create_future()
        self.waiting.append(confirmed)
        if len(self.waiting) == 1 and not self.asked:
            loop.call_soon(self._ask)
        number: int | None = await confirmed
        return number

    def _ask(self) -> None:
        if self.connection is None or self.asked or not self.waiting:
            return
        self.asked, self.waiting = self.waiting, []
        self.too_late = asyncio.get_running_loop().call_later(ANSWER_SECONDS, self.is_lost.set)
        try:
            self.connection.pgconn.send_query(b"")
        except psycopg.Error:
            self.is_lost.set()

    def _hear(self) -> None:
        """Something came from the server."""
        assert self.connection  # noqa: S101 - for the type checker
        pgconn = self.connection.pgconn
        try:
            pgconn.consume_input()
            is_answered = False
            while self.asked and not is_answered and not pgconn.is_busy():
                result = pgconn.get_result()
                is_answered = result is None
                if result is not None and result.status != ExecStatus.EMPTY_QUERY:
                    raise psycopg.OperationalError(result.error_message.decode(errors="replace"))
            while notification := pgconn.notifies():
                self.number += 1
                self.topics += notification.extra == b"topics"
        except psycopg.Error:
            self.is_lost.set()
            return
        if is_answered:
            self._tell(self.number)
            self._ask()

    def _tell(self, number: int | None) -> None:
        if self.too_late:
            self.too_late.cancel()
        told, self.asked = self.asked, []
        for confirmed in told:
            if not confirmed.done():
                confirmed.set_result(number)

    async def _open(self) -> None:
        connection = await psycopg.AsyncConnection.connect(**self.parameters(), autocommit=True)
        try:
            await self._begin(connection)
        except BaseException:
            await connection.close()
            raise
        self.is_lost.clear()
        self.connection, self.socket = connection, connection.pgconn.socket
        asyncio.get_running_loop().add_reader(self.socket, self._hear)

    async def _begin(self, connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        told = await (await connection.execute("SELECT pg_backend_pid(), pg_is_in_recovery()")).fetchone()
        if told != (connection.pgconn.backend_pid, False):
            raise NotWatchable(
                "a connection pooler or a replica stands between. Let DATABASE_URL lead to PostgreSQL itself"
            )
        there = await connection.execute("SELECT COUNT(*) FROM pg_trigger WHERE tgname LIKE 'revise\\_%'")
        if await there.fetchone() != (len(CATALOGUE + TOPICS),):
            raise NotWatchable("its triggers are missing. Run: python manage.py migrate")

    async def _lost(self) -> None:
        await self.is_lost.wait()
        log.warning("The connection that tells of changes is lost, and is opened again.")

    def _close(self) -> None:
        connection, self.connection = self.connection, None
        if connection:
            asyncio.get_running_loop().remove_reader(self.socket)
            connection.pgconn.finish()
        self.number += 1  # changes may have been missed
        self.topics += 1
        self._tell(None)
        self.asked, self.waiting = self.waiting, []
        self._tell(None)


def of_database(database: BaseDatabaseWrapper) -> Revision:
    if database.vendor == "sqlite":
        return SqliteRevision(lambda: str(database.settings_dict["NAME"]))
    return PostgresRevision(lambda: listening_parameters(database))


def listening_parameters(database: BaseDatabaseWrapper) -> dict[str, Any]:
    """How to connect, without what only Django's own connections need."""
    ours = {"cursor_factory", "context", "prepare_threshold"}
    return {name: value for name, value in database.get_connection_params().items() if name not in ours}


revision = of_database(default_connection)  # this process's


# What the database does by itself


def sqlite_triggers() -> dict[str, str]:
    def trigger(table: str, event: str, change: str) -> str:
        return f"CREATE TRIGGER IF NOT EXISTS revise_{table}_{event} AFTER {event} ON {table} BEGIN {change}; END"

    changes = dict.fromkeys(CATALOGUE, "UPDATE books_revision SET number = number + 1")
    changes |= dict.fromkeys(TOPICS, "UPDATE books_revision SET number = number + 1, topics = topics + 1")
    return {f"{table}_{event}": trigger(table, event, change) for table, change in changes.items() for event in EVENTS}


def postgres_triggers() -> dict[str, str]:
    def trigger(table: str, what: str) -> str:
        return (
            f"CREATE OR REPLACE TRIGGER revise_{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION books_revise('{what}')"
        )

    told = dict.fromkeys(CATALOGUE, "books") | dict.fromkeys(TOPICS, "topics")
    return {table: trigger(table, what) for table, what in told.items()}


SQLITE_TABLE = (
    "CREATE TABLE IF NOT EXISTS books_revision (number INTEGER NOT NULL, topics INTEGER NOT NULL)",
    "INSERT INTO books_revision SELECT 1, 1 WHERE NOT EXISTS (SELECT * FROM books_revision)",
)
POSTGRES_FUNCTION = (
    "CREATE OR REPLACE FUNCTION books_revise() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN PERFORM pg_notify('{CHANNEL}', TG_ARGV[0]); RETURN NULL; END $$",
)


def install(database: BaseDatabaseWrapper) -> None:
    """Put into the database what raises the revision, where it is missing."""
    if database.vendor == "sqlite":
        statements = [*SQLITE_TABLE, *sqlite_triggers().values()]
    else:
        statements = [*POSTGRES_FUNCTION, *postgres_triggers().values()]
    with database.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
