import asyncio
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import ExecStatus

from books.cache.triggers import CATALOGUE, CHANNEL, TOPICS
from books.cache.version import NotWatchable, Revision, log

ANSWER_SECONDS = 2.0  # for PostgreSQL to confirm; then the connection counts as lost
NOT_OURS = {"cursor_factory", "context", "prepare_threshold"}  # what only Django's own connections need


class PostgresRevision(Revision):
    """Asks once for all who wait: the question leaves when the turn of the event loop in which they came is over."""

    ERRORS = (psycopg.Error,)

    def __init__(self, database: BaseDatabaseWrapper) -> None:
        super().__init__(database)
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
        given = self.database.get_connection_params()
        parameters = {name: value for name, value in given.items() if name not in NOT_OURS}
        connection = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
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
