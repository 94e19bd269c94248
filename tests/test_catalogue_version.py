"""The catalogue's version moves with every committed change to it, and with nothing else."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, transaction

from books.cache import version_of_database
from books.cache.sqlite import SqliteVersion
from books.cache.version import CatalogueVersion
from books.history.undo import purge
from books.jobs.start import start
from books.jobs.tasks.clock import clock
from books.models import Author, Book, Change, Topic
from tests.asgi.client import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def version() -> AsyncIterator[CatalogueVersion]:
    version = version_of_database()
    watching = asyncio.create_task(version.subscribe())
    async with asyncio.timeout(60):
        await version.is_known.wait()
    yield version
    watching.cancel()


async def moves(version: CatalogueVersion, write: Callable[[], Any]) -> bool:
    before = await version.validate()
    await sync_to_async(write)()
    return await version.validate() != before


def add(title: str = "Emma") -> Book:
    return Book.objects.add({"title": title, "authors": ["Jane Austen"], "topics": ["Novels"]})


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


async def test_it_moves_when_a_book_is_added_changed_or_taken_out(version: CatalogueVersion) -> None:
    book: list[Book] = []
    assert await moves(version, lambda: book.append(add()))
    assert await moves(version, lambda: Book.objects.change(book[0].pk, {"title": "Emma, again"}))
    assert await moves(version, lambda: purge(book[0].pk))
    assert await moves(version, lambda: Book.objects.remove(book[0].pk))


async def test_it_moves_when_an_author_or_a_topic_is_renamed(version: CatalogueVersion) -> None:
    await sync_to_async(add)()
    assert await moves(version, lambda: Author.objects.update(name="Austen"))
    assert await moves(version, lambda: Topic.objects.update(name="Novel"))


async def test_it_moves_when_another_program_writes_in_sql(version: CatalogueVersion) -> None:
    await sync_to_async(add)()
    assert await moves(version, lambda: execute("UPDATE books_book SET pages = 300"))
    assert await moves(version, lambda: execute("DELETE FROM books_booktopic"))


async def test_it_has_moved_whenever_a_write_is_acknowledged(version: CatalogueVersion) -> None:
    await sync_to_async(add)()
    for pages in range(200):
        assert await moves(version, lambda pages=pages: Book.objects.update(pages=pages + 1))  # type: ignore[misc]


async def test_those_who_ask_at_once_are_all_told_the_same(version: CatalogueVersion) -> None:
    numbers = await asyncio.gather(*(version.validate() for _ in range(50)))
    assert len(set(numbers)) == 1
    assert numbers[0] is not None


async def test_a_change_that_is_taken_back_does_not_move_it(version: CatalogueVersion) -> None:
    def give_up() -> None:
        with transaction.atomic():
            add()
            transaction.set_rollback(True)

    assert not await moves(version, give_up)


async def test_what_is_not_the_catalogue_does_not_move_it(version: CatalogueVersion) -> None:
    def write() -> None:
        session = SessionStore()
        session["a"] = "b"
        session.create()
        start(clock, {}, key="a-job")
        list(Change.objects.all())

    assert not await moves(version, write)


async def test_it_is_known_only_while_it_is_watched() -> None:
    version = version_of_database()
    assert await version.validate() is None
    watching = asyncio.create_task(version.subscribe())
    await until(version.is_known.is_set)
    assert await version.validate() is not None
    watching.cancel()
    await asyncio.wait([watching])
    assert await version.validate() is None


async def test_it_is_not_known_in_a_database_without_its_triggers_and_a_migration_puts_them_back(caplog: Any) -> None:
    def drop_one() -> None:
        is_sqlite = connection.vendor == "sqlite"
        execute(f"DROP TRIGGER {'revise_books_book_UPDATE' if is_sqlite else 'revise_books_book ON books_book'}")

    await sync_to_async(drop_one)()
    version = version_of_database()
    with caplog.at_level(logging.WARNING):
        watching = asyncio.create_task(version.subscribe())
        await until(lambda: "triggers are missing" in caplog.text)
    assert await version.validate() is None
    await sync_to_async(call_command)("migrate", verbosity=0)
    await until(version.is_known.is_set)
    watching.cancel()


@pytest.mark.sqlite
async def test_it_waits_for_a_process_that_opens_the_database_at_the_same_moment(tmp_path: Path, caplog: Any) -> None:
    """Such as one that recovers the log of writes after a crash: for that moment, nobody else may even read."""
    path = tmp_path / "catalogue.sqlite3"
    await sync_to_async(execute)(f"VACUUM INTO '{path}'")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    asyncio.get_running_loop().call_later(0.2, other.close)
    version = SqliteVersion(SimpleNamespace(settings_dict={"NAME": path}))  # type: ignore[arg-type]
    watching = asyncio.create_task(version.subscribe())
    await until(version.is_known.is_set)
    watching.cancel()
    assert not caplog.records


@pytest.mark.sqlite
async def test_one_look_serves_a_whole_turn_of_the_event_loop(version: Any) -> None:
    looks: list[str] = []
    await version.validate()
    version.connection.set_trace_callback(looks.append)
    await asyncio.gather(*(version.validate() for _ in range(20)))
    await asyncio.gather(*(version.validate() for _ in range(20)))
    assert looks == ["PRAGMA data_version"] * 2


@pytest.mark.postgresql
async def test_it_differs_after_the_connection_was_lost_and_opened_again(version: Any) -> None:
    before, lost = await version.validate(), version.connection
    await sync_to_async(execute)(f"SELECT pg_terminate_backend({lost.pgconn.backend_pid})")
    await until(lambda: version.connection is not None and version.connection is not lost)
    assert await version.validate() not in {None, before}


@pytest.mark.postgresql
async def test_who_waits_while_the_connection_is_lost_is_told_that_nothing_is_known(version: Any) -> None:
    asking = asyncio.ensure_future(version.validate())
    await asyncio.sleep(0)
    version.is_lost.set()
    async with asyncio.timeout(60):
        assert await asking is None
