"""Requests that wait for a server outside hold nothing that others need."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import override_settings

from books.models import LoginAttempts, Token
from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from tests import outside
from tests.asgi.client import Answer, ask, until
from tests.asgi.conftest import MakePool
from tests.people import PASSWORD, librarian

pytestmark = pytest.mark.django_db(transaction=True)

ISBNS = ["9780306406157", "9780131103627", "9780140449136", "9780141439518", "9780199535569", "9780679783275"]


async def test_look_ups_that_wait_outside_hold_no_thread_and_others_are_answered(make_pool: MakePool) -> None:
    _, secret = await sync_to_async(lambda: Token.objects.issue(librarian(), "t", ["read", "write"], None))()
    pool, told = make_pool(1), asyncio.Event()

    async def answer_when_told(writer: asyncio.StreamWriter) -> None:
        await told.wait()
        await outside.knows({})(writer)

    catalogue = Handler(pool, server_refusal, body_limit=django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    headers = [("authorization", f"Bearer {secret}"), ("accept", "application/json")]
    with outside.outside() as server:
        server.does[outside.BOOKS] = answer_when_told
        paths = [f"/lookup/?isbn={isbn13}" for isbn13 in ISBNS]
        waiting = [asyncio.create_task(ask(catalogue, path, headers=headers)) for path in paths]
        await until(lambda: len(server.asked) == len(ISBNS))
        assert (pool.checked_out, len(pool.queue)) == (0, 0)
        assert (await ask(catalogue, "/books/", headers=headers)).status == 200
        assert not any(task.done() for task in waiting)
        server.loop.call_soon_threadsafe(told.set)
        assert {answer.status for answer in await asyncio.gather(*waiting)} == {404}


class Told(MD5PasswordHasher):
    """Hashes once it is told to."""

    told = threading.Event()

    def verify(self, password: str, encoded: str) -> bool:
        return self.told.wait(60) and super().verify(password, encoded)


async def test_an_attempt_to_sign_in_that_waits_for_another_one_holds_no_thread(make_pool: MakePool) -> None:
    pool, headers = make_pool(8), [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")]
    catalogue = Handler(pool, server_refusal, body_limit=django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    body = [f"username=librarian&password={PASSWORD}".encode()]

    def sign_in() -> "asyncio.Task[Answer]":
        return asyncio.create_task(ask(catalogue, "/accounts/login/", method="POST", headers=headers, body=body))

    with override_settings(PASSWORD_HASHERS=[f"{__name__}.Told"]):
        await sync_to_async(with_password)()
        waiting = [sign_in(), sign_in()]
        try:
            while not await LoginAttempts.objects.filter(count=2).aexists():  # noqa: ASYNC110 - it is in the database
                await asyncio.sleep(0.01)
            await until(lambda: pool.checked_out == 1)  # that of the first, whose password is hashed
        finally:
            Told.told.set()
        assert {answer.status for answer in await asyncio.gather(*waiting)} == {303}


def with_password() -> None:
    user = librarian()
    user.set_password(PASSWORD)
    user.save()
