"""What a run promises to those around it, whatever its body does."""

import asyncio
from unittest import mock

import psycopg
import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

from books.jobs.run import SESSION_SETTINGS, Run, StopReason, limit_silence
from books.jobs.start import start
from books.jobs.tasks.clock import clock
from books.models import Author, Job, Status
from tests.jobs.working import database_url
from tests.server.running import wait_until


class Told(TransactionTestCase):
    def test_one_that_is_told_to_end_before_its_body_begins_ends_at_once(self) -> None:
        start(clock, {"seconds": 1000}, key="a")

        async def work() -> object:
            job = await Job.objects.aclaim("me")
            assert job
            run = Run(job)
            run.stop(StopReason.CANCELLED)
            ending = asyncio.create_task(run.arun_task())
            await asyncio.wait([ending], timeout=60)  # a cancellation would end it as it ends the body
            return ending.done() and ending.result()["status"]

        assert async_to_sync(work)() == Status.CANCELLED


@pytest.mark.postgresql
class Silent(TransactionTestCase):
    def test_one_that_says_no_more_within_a_transaction_locks_nothing(self) -> None:
        self.addCleanup(connection.close)
        with mock.patch.dict(SESSION_SETTINGS, idle_in_transaction_session_timeout="50ms"):
            limit_silence()
        with pytest.raises(DatabaseError):
            self.write_in_silence()
        assert not Author.objects.exists()

    @transaction.atomic
    def write_in_silence(self) -> None:
        Author.objects.create(name="A", name_key="a")
        wait_until(self.is_unlocked, 60, "it is still locked")
        Author.objects.create(name="B", name_key="b")

    def is_unlocked(self) -> bool:
        """Whether another may write what the transaction has written."""
        with psycopg.connect(database_url()) as other:
            other.execute("SET lock_timeout = '10ms'")
            try:
                other.execute("INSERT INTO books_author (name, name_key) VALUES ('A', 'a')")
            except psycopg.errors.LockNotAvailable:
                return False
            finally:
                other.rollback()
            return True
