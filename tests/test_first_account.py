from io import StringIO
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import TestCase

from books.models import Invitation
from tests.people import PASSWORD, owner

FORM = {"username": "Ada", "password": PASSWORD, "again": PASSWORD}
HTML = {"accept": "text/html"}


def printed() -> str:
    out = StringIO()
    call_command("first_account", stdout=out)
    return out.getvalue()


class FirstAccount(TestCase):
    def setUp(self) -> None:
        self.link = printed().split()[-1].removeprefix("http://127.0.0.1:8000")
        self.secret = self.link.partition("secret=")[2]

    async def post(self, **changes: Any) -> Any:
        return await self.async_client.post(
            "/accounts/first/", {**FORM, "secret": self.secret, **changes}, headers=HTML
        )

    async def test_the_link_leads_to_a_form(self) -> None:
        assert (await self.async_client.get(self.link, headers=HTML)).status_code == 200

    async def test_the_form_makes_the_owner_and_signs_in(self) -> None:
        assert (await self.post()).status_code == 303
        user = await User.objects.aget()
        assert (user.username, user.is_superuser, user.is_staff) == ("Ada", True, True)
        assert await user.acheck_password(PASSWORD)
        assert (await self.async_client.get("/books/new/", headers=HTML)).status_code == 200

    async def test_the_link_is_good_once(self) -> None:
        await self.post()
        assert (await self.async_client.get(self.link, headers=HTML)).status_code == 404
        assert (await self.post(username="Eve")).status_code == 404
        assert await User.objects.acount() == 1

    async def test_a_wrong_secret_makes_nobody(self) -> None:
        for secret in ("", "x", self.secret + "x", "\0"):
            assert (await self.post(secret=secret)).status_code in {404, 400}
        assert not await User.objects.aexists()

    async def test_no_password_is_hashed_for_somebody_who_was_not_invited(self) -> None:
        with self.settings(PASSWORD_HASHERS=["a.hasher.that.does.not.Exist"]):
            assert (await self.post(secret="x")).status_code == 404  # noqa: S106

    async def test_a_password_that_everybody_has_is_refused(self) -> None:
        response = await self.post(password="password1", again="password1")  # noqa: S106
        assert response.status_code == 422
        assert not await User.objects.aexists()

    async def test_two_passwords_that_differ_are_refused(self) -> None:
        assert (await self.post(again="another")).status_code == 422

    def test_a_later_start_prints_a_later_link(self) -> None:
        printed()
        assert self.client.get(self.link, headers=HTML).status_code == 404

    def test_nothing_is_printed_once_somebody_has_an_account(self) -> None:
        owner()
        assert printed() == ""

    def test_an_account_made_otherwise_closes_the_link(self) -> None:
        owner()
        assert self.client.post("/accounts/first/", {**FORM, "secret": self.secret}).status_code == 404

    def test_the_secret_is_not_in_the_database(self) -> None:
        assert Invitation.objects.get().digest not in self.secret
