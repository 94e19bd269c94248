"""Sign-in by a proxy that says with each request who has signed in to it: PROXY_USER_HEADER."""

from http.cookies import SimpleCookie
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import AsyncClient, Client, TestCase, override_settings

from books.models import Invitation, Role, Scope, Token
from tests.people import PASSWORD, cookies_of, owner, reader

pytestmark = pytest.mark.once

HTML = {"accept": "text/html"}


class ProxiedClient(AsyncClient):
    """What ForwardedHeaders makes of the requests of a proxy that names the `remote_user`."""

    remote_user = ""

    def _base_scope(self, **request: Any) -> dict[str, Any]:
        named = {"remote_user": self.remote_user} if self.remote_user else {}
        return super()._base_scope(**request, **named)  # type: ignore[misc]


class RemoteUserCase(TestCase):
    owner: User
    reader: User
    cookies: SimpleCookie
    secret: str
    async_client: ProxiedClient
    async_client_class = ProxiedClient

    @classmethod
    def setUpTestData(cls) -> None:
        cls.owner, cls.reader = owner("ada"), reader("Jürgen@example.org")
        cls.cookies = cookies_of(cls.owner)
        _, cls.secret = Token.objects.issue(cls.owner, "script", [Scope.READ], None)

    async def get(self, path: str, name: str, **headers: str) -> Any:
        self.async_client.remote_user = name
        return await self.async_client.get(path, headers=headers)

    async def page(self, path: str, name: str, **headers: str) -> Any:
        return await self.get(path, name, **HTML, **headers)

    async def account(self, name: str, **headers: str) -> str | None:
        """The name of the account that such a request is of."""
        response = await self.get("/accounts/", name, **headers)
        return response.json()["name"] if response.status_code == 200 else None


class KnownPeople(RemoteUserCase):
    async def test_the_named_account_is_signed_in_without_a_session(self) -> None:
        response = await self.get("/accounts/people/", "ada")
        assert (response.status_code, response["Cache-Control"]) == (200, "private, no-cache")
        assert not response.cookies
        assert await Session.objects.acount() == 1  # of the cookies above

    async def test_a_page_for_everybody_shows_the_name_and_is_private(self) -> None:
        response = await self.page("/books/", "ada")
        assert (response["Cache-Control"], b"<bdi>ada</bdi>" in response.content) == ("private, no-cache", True)

    async def test_the_admin_knows_the_account_too(self) -> None:
        assert (await self.page("/admin/", "ada")).status_code == 200
        assert (await self.page("/admin/", "Jürgen@example.org")).status_code == 302

    @pytest.mark.both
    async def test_a_name_in_other_capitals_is_the_same_account(self) -> None:
        for name in ("ADA", "Ada"):
            assert await self.account(name) == "ada"
        assert await self.account("JÜRGEN@EXAMPLE.ORG") == "Jürgen@example.org"
        assert await User.objects.acount() == 2

    @pytest.mark.both
    async def test_where_two_accounts_differ_in_capitals_each_has_its_own_name_only(self) -> None:
        await User.objects.acreate(username="ADA")
        assert [await self.account(name) for name in ("ada", "ADA", "Ada")] == ["ada", "ADA", None]

    async def test_a_closed_account_stays_out_and_is_told_so(self) -> None:
        await User.objects.aupdate(is_active=False)
        assert await self.account("ada") is None
        self.assertContains(await self.page("/accounts/login/", "ada"), "no open account has this name")

    async def test_the_name_counts_more_than_a_session(self) -> None:
        self.async_client.cookies = self.cookies
        assert await self.account("bob") == "bob"
        await User.objects.filter(username="bob").aupdate(is_active=False)
        assert await self.account("bob") is None
        assert await self.account("") == "ada"

    async def test_a_token_counts_more_than_the_name(self) -> None:
        assert (await self.get("/books/", "bob", authorization=f"Bearer {self.secret}")).status_code == 200
        assert (await self.get("/books/", "ada", authorization="Bearer books_wrong")).status_code == 401
        assert not await User.objects.filter(username="bob").aexists()

    async def test_what_the_proxy_itself_was_told_by_http_basic_is_passed_over(self) -> None:
        for path in ("/accounts/", "/opds/"):
            assert (await self.get(path, "ada", authorization="Basic YWRhOg==")).status_code == 200

    @pytest.mark.both
    async def test_the_owner_sees_when_somebody_was_here_last(self) -> None:
        await self.get("/accounts/", "ada")
        first = (await User.objects.aget(username="ada")).last_login
        await self.get("/accounts/", "ada")
        assert first == (await User.objects.aget(username="ada")).last_login != None  # noqa: E711

    async def test_signing_in_again_leads_on(self) -> None:
        assert (await self.page("/accounts/login/?next=/jobs/", "ada"))["Location"] == "/jobs/"
        assert (await self.page("/accounts/login/?next=//evil.example/", "ada"))["Location"] == "/"

    async def test_the_proxy_signs_people_out(self) -> None:
        button = 'action="/accounts/logout/"'
        self.assertNotContains(await self.page("/accounts/", "ada"), button)
        with override_settings(PROXY_LOGOUT_URL="https://auth.example/logout?a=b&c"):
            page = await self.page("/accounts/", "ada")
            self.assertContains(page, 'href="https://auth.example/logout?a=b&amp;c"', 2)  # in the menu and below
            left = await self.async_client.post("/accounts/logout/")
        assert left["Location"] == "https://auth.example/logout?a=b&c"

    async def test_another_sites_form_is_refused_without_a_cookie_too(self) -> None:
        self.async_client.remote_user = "ada"
        for header in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            response = await self.async_client.post("/books/", {"title": "a"}, headers=header)
            assert response.status_code == 403


@pytest.mark.both
class NewPeople(RemoteUserCase):
    async def test_somebody_new_becomes_a_reader_without_a_password(self) -> None:
        assert (await self.get("/accounts/", "夏目@example.org")).json() == {
            "name": "夏目@example.org",
            "role": "reader",
        }
        user = await User.objects.aget(username="夏目@example.org")
        assert not user.has_usable_password()
        self.assertNotContains(await self.page("/accounts/", "夏目@example.org"), "/accounts/password/")

    async def test_or_stays_out_where_only_known_people_come_in(self) -> None:
        with override_settings(SIGN_UP=False):
            assert [await self.account(name) for name in ("bob", "ada")] == [None, "ada"]
            self.assertContains(await self.page("/accounts/login/", "bob"), "no open account has this name")
        assert await User.objects.acount() == 2

    async def test_a_name_that_passes_for_anothers_or_that_no_account_can_have_makes_none(self) -> None:
        for name in ("ａda", "eve,ada", "a\ufffd", "(null)", "eve ada", "a" * 151, "<b>", "x\0"):
            assert await self.account(name) is None, name
        assert await User.objects.acount() == 2

    async def test_a_letter_that_only_looks_alike_is_another_name(self) -> None:
        await User.objects.acreate(username="adin")
        assert await self.account("ad\u0131n") == "ad\u0131n"

    async def test_the_first_account_is_made_with_its_link_whoever_comes_before(self) -> None:
        await User.objects.all().adelete()
        secret = await sync_to_async(Invitation.objects.renew_first)()
        assert await self.account("ada") is None
        page = await self.page(f"/accounts/first/?secret={secret}", "ada")
        self.assertContains(page, 'value="ada"')
        new = {"secret": secret, "username": "ada", "password": PASSWORD, "again": PASSWORD}
        await self.async_client.post("/accounts/first/", new)
        self.async_client.cookies.clear()
        assert (await self.get("/accounts/", "ada")).json()["role"] == "owner"

    async def test_an_invited_name_is_met_by_the_proxys(self) -> None:
        _, secret = await sync_to_async(Invitation.objects.invite)(Role.LIBRARIAN, self.owner)
        new = {"secret": secret, "username": "eve", "password": PASSWORD, "again": PASSWORD}
        await self.async_client.post("/accounts/invitation/", new)
        self.async_client.cookies.clear()
        assert (await self.get("/accounts/", "Eve")).json() == {"name": "eve", "role": "librarian"}


class OtherServers(TestCase):
    def test_under_wsgi_nobody_is_named(self) -> None:
        """As under `runserver`, where nothing looks at who sends a header."""
        owner("ada")
        assert Client(headers={"remote-user": "ada"}).get("/accounts/").status_code == 401
