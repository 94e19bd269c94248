"""Reading apps sign in by HTTP Basic, with the password of an account."""

from base64 import b64encode
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.test import TestCase, override_settings

from books.models import LoginAttempts
from books.models.login_attempt import PER_ACCOUNT
from books.views import login
from tests.people import PASSWORD, librarian

pytestmark = pytest.mark.once


@override_settings(READ_REQUIRES_LOGIN=True)
class Basic(TestCase):
    def setUp(self) -> None:
        self.user = librarian()
        self.user.set_password(PASSWORD)
        self.user.save()
        login.VERIFIED.clear()

    async def get(self, password: str = PASSWORD, name: str = "librarian", path: str = "/opds/") -> Any:
        value = b64encode(f"{name}:{password}".encode()).decode()
        return await self.async_client.get(path, headers={"authorization": f"Basic {value}"})

    async def test_the_password_of_an_account_opens_the_feeds_and_the_way_to_search(self) -> None:
        for path in ("/opds", "/opds/", "/opds/books/", "/opds2/books/", "/opensearch.xml"):
            response = await self.get(path=path)
            assert (response.status_code, "private" in response["Cache-Control"]) == (200, True)

    async def test_it_opens_nothing_else(self) -> None:
        for path in ("/books/", "/accounts/", "/jobs/"):
            assert (await self.get(path=path)).status_code == 401

    async def test_a_wrong_one_is_asked_for_again(self) -> None:
        for password, name in (("wrong", "librarian"), (PASSWORD, "nobody"), ("", "librarian"), (PASSWORD, "")):
            response = await self.get(password, name)
            assert (response.status_code, response["WWW-Authenticate"].startswith("Basic ")) == (401, True)

    async def test_after_some_wrong_ones_the_account_has_to_wait(self) -> None:
        for _ in range(PER_ACCOUNT):
            await self.get("wrong")
        response = await self.get()
        assert (response.status_code, int(response["Retry-After"]) > 0) == (429, True)

    async def test_a_right_one_is_not_checked_again_for_each_request(self) -> None:
        await self.get()
        with mock.patch("django.contrib.auth.hashers.verify_password") as verify:
            assert (await self.get()).status_code == 200
        assert not verify.called
        assert not await LoginAttempts.objects.filter(count__gt=0).aexists()

    async def test_a_new_password_or_a_closed_account_ends_it_at_once(self) -> None:
        await self.get()
        await User.objects.filter(pk=self.user.pk).aupdate(is_active=False)
        assert (await self.get()).status_code == 401
        self.user.set_password(f"another {PASSWORD}")
        await self.user.asave()
        assert (await self.get()).status_code == 401
        assert (await self.get(f"another {PASSWORD}")).status_code == 200
