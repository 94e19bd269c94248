import asyncio
import sqlite3
from urllib.parse import quote

from django.db.backends.base.base import BaseDatabaseWrapper

from books.cache.triggers import sqlite_triggers
from books.cache.version import CannotSubscribe, CatalogueVersion
from django41_example.environment import COMMAND

OPENING = 2000  # ms to wait, in a thread, for another process that is opening the database


def connect(database: BaseDatabaseWrapper) -> sqlite3.Connection:
    """A connection for the event loop, which never waits for a lock."""
    name = f"file:{quote(str(database.settings_dict['NAME']))}?mode=rw"
    return sqlite3.connect(name, uri=True, timeout=0, isolation_level=None, check_same_thread=False)


class SqliteVersion(CatalogueVersion):
    """Checks once per turn of the event loop, after all requests of that turn have arrived."""

    ERRORS = (sqlite3.Error,)

    def __init__(self, database: BaseDatabaseWrapper) -> None:
        super().__init__(database)
        self.connection: sqlite3.Connection | None = None
        self.number: int | None = None
        self.data_version: int | None = None
        self.has_looked = False

    async def validate(self) -> int | None:
        if self.has_looked or self.connection is None:
            return self.number
        self.has_looked = True
        asyncio.get_running_loop().call_soon(setattr, self, "has_looked", False)
        try:
            (version,) = self.connection.execute("PRAGMA data_version").fetchone()
            if version != self.data_version:
                (self.number,) = self.connection.execute("SELECT number FROM books_revision").fetchone()
                self.data_version = version
        except sqlite3.Error:  # locked for a moment
            self.number = self.data_version = None
        return self.number

    async def _open(self) -> None:
        self.connection = await asyncio.to_thread(self._connect)

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self.database)
        connection.execute(f"PRAGMA busy_timeout={OPENING}")
        there = connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'revise_%'")
        if there.fetchone() != (len(sqlite_triggers()),):
            connection.close()
            raise CannotSubscribe(f"its triggers are missing. Run: {COMMAND} prepare")
        connection.execute("PRAGMA busy_timeout=0")
        return connection

    def _close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = self.number = self.data_version = None
