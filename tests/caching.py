"""What tests of the catalogue cache share: a process that knows the version, and a count of its queries."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from books.cache import catalogue_version, per_version


class Queries:
    """Counts the queries of the thread in which the ORM runs."""

    count = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.count += 1
        return execute(*arguments)


@pytest.fixture
async def queries() -> AsyncIterator[Queries]:
    queries = Queries()
    await sync_to_async(lambda: connection.execute_wrappers.append(queries))()
    yield queries
    await sync_to_async(lambda: connection.execute_wrappers.remove(queries))()


@pytest.fixture
async def subscribed() -> AsyncIterator[None]:
    """As on a running server: the process knows the catalogue's version."""
    per_version.number = None
    task = asyncio.create_task(catalogue_version.subscribe())
    async with asyncio.timeout(60):
        await catalogue_version.is_known.wait()
    yield
    task.cancel()
    await asyncio.wait([task])
