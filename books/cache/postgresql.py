import asyncio
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import ExecStatus

from books.cache.triggers import CHANNEL, TABLES
from books.cache.version import CannotSubscribe, CatalogueVersion, log
from django41_example.environment import COMMAND

ANSWER_SECONDS = 2.0  # for a response; after that the connection counts as lost
NOT_OURS = {"cursor_factory", "context", "prepare_threshold"}  # parameters that only Django's own connections need


class PostgresVersion(CatalogueVersion):
    """Sends one Sync message for all requests that arrived in the same turn of the event loop."""

    ERRORS = (psycopg.Error,)

    def __init__(self, database: BaseDatabaseWrapper) -> None:
        super().__init__(database)
        self.number = 0
        self.connection: psycopg.AsyncConnection[Any] | None = None
        self.socket = -1
        self.is_lost = asyncio.Event()
        self.asked: list[asyncio.Future[int | None]] = []  # those waiting for the response to the Sync that was sent
        self.waiting: list[asyncio.Future[int | None]] = []
        self.too_late: asyncio.TimerHandle | None = None

    def validate(self) -> "asyncio.Future[int | None]":
        loop = asyncio.get_running_loop()
        validated = loop.create_future()
        if self.connection is None:
            validated.set_result(None)
            return validated
        self.waiting.append(validated)
        if len(self.waiting) == 1 and not self.asked:
            loop.call_soon(self._ask)
        return validated

    def validate_now(self) -> "asyncio.Future[int | None]":
        """Validate at once for all requests that have arrived."""
        validated = self.validate()
        self._ask()
        return validated

    def _ask(self) -> None:
        if self.connection is None or self.asked or not self.waiting:
            return
        self.asked, self.waiting = self.waiting, []
        self.too_late = asyncio.get_running_loop().call_later(ANSWER_SECONDS, self.is_lost.set)
        try:
            self.connection.pgconn.pipeline_sync()
        except psycopg.Error:
            self.is_lost.set()

    def _receive(self) -> None:
        """Read what the server has sent."""
        assert self.connection  # noqa: S101 - for the type checker
        pgconn = self.connection.pgconn
        try:
            pgconn.consume_input()
            answer = pgconn.get_result() if self.asked and not pgconn.is_busy() else None
            if answer is not None and answer.status != ExecStatus.PIPELINE_SYNC:
                raise psycopg.OperationalError(answer.error_message.decode(errors="replace"))
            while pgconn.notifies():
                self.number += 1
        except psycopg.Error:
            self.is_lost.set()
            return
        if answer is not None:
            self._notify(self.number)
            self._ask()

    def _notify(self, number: int | None) -> None:
        if self.too_late:
            self.too_late.cancel()
        asked, self.asked = self.asked, []
        for validated in asked:
            if not validated.done():
                validated.set_result(number)

    async def _open(self) -> None:
        given = self.database.get_connection_params()
        parameters = {name: value for name, value in given.items() if name not in NOT_OURS}
        connection = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
        try:
            await self._begin(connection)
        except BaseException:
            await connection.close()
            raise
        connection.pgconn.enter_pipeline_mode()
        self.is_lost.clear()
        self.connection, self.socket = connection, connection.pgconn.socket
        asyncio.get_running_loop().add_reader(self.socket, self._receive)

    async def _begin(self, connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        told = await (await connection.execute("SELECT pg_backend_pid(), pg_is_in_recovery()")).fetchone()
        if told != (connection.pgconn.backend_pid, False):
            raise CannotSubscribe(
                "a connection pooler or a replica stands between. Let DATABASE_URL lead to PostgreSQL itself"
            )
        there = await connection.execute("SELECT COUNT(*) FROM pg_trigger WHERE tgname LIKE 'revise\\_%'")
        if await there.fetchone() != (len(TABLES),):
            raise CannotSubscribe(f"its triggers are missing. Run: {COMMAND} prepare")

    async def _lost(self) -> None:
        await self.is_lost.wait()
        log.warning("The connection that notifies of changes is lost; reconnecting.")

    def _close(self) -> None:
        connection, self.connection = self.connection, None
        if connection:
            asyncio.get_running_loop().remove_reader(self.socket)
            connection.pgconn.finish()
        self.number += 1  # changes may have been missed
        self._notify(None)
        self.asked, self.waiting = self.waiting, []
        self._notify(None)
