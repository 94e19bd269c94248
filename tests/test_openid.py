"""Signing in with a provider of OpenID Connect, one that is well and one that is not."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import AsyncClient, TestCase, override_settings

from books.models import Book, Identity, Invitation, LoginAttempts, Role, Scope, Token
from books.openid import provider as ours
from tests import outside
from tests.people import PASSWORD, owner, reader
from tests.provider import DISCOVERY, KEYS, SECRET, TOKEN, USER_INFO, key, provider

HTML = {"accept": "text/html"}


class OpenIdCase(TestCase):
    owner: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.owner = owner()

    def run(self, result: Any = None) -> Any:
        with provider() as self.provider:
            return super().run(result)

    async def begin(self, client: AsyncClient | None = None, **fields: Any) -> Any:
        return await (client or self.async_client).post("/accounts/openid/", fields, headers=HTML)

    async def come_back(self, query: dict[str, str], client: AsyncClient | None = None) -> Any:
        return await (client or self.async_client).get("/accounts/openid/callback/", query, headers=HTML)

    async def sign_in(self, client: AsyncClient | None = None, **fields: Any) -> Any:
        begun = await self.begin(client, **fields)
        return await self.come_back(self.provider.signs_in(begun.context["url"]), client)

    async def account(self) -> dict[str, str]:
        response = await self.async_client.get("/accounts/")
        return response.json() if response.status_code == 200 else {}

    async def refused(self, status: int, text: str = "gave no answer that can be used") -> None:
        """Signing in comes to nothing, and the sign-in page says so."""
        response = await self.sign_in()
        assert (response.status_code, text in response.content.decode()) == (status, True)
        assert b'action="/accounts/openid/"' in response.content
        assert await self.account() == {}
        assert not await Identity.objects.aexists()


class People(OpenIdCase):
    async def test_the_sign_in_page_has_a_button(self) -> None:
        self.assertContains(await self.async_client.get("/accounts/login/", headers=HTML), "Sign in with Our school")

    async def test_somebody_new_becomes_a_reader_and_is_known_the_next_time(self) -> None:
        first = await self.sign_in()
        assert (first.status_code, first["Location"], first["Cache-Control"]) == (303, "/", "private, no-store")
        assert await self.account() == {"name": "ada", "role": "reader"}
        assert not (await User.objects.aget(username="ada")).has_usable_password()
        self.provider.claims["preferred_username"] = "other"
        other = AsyncClient()
        await self.sign_in(other)
        assert (await other.get("/accounts/")).json()["name"] == "ada"

    async def test_two_subjects_are_two_people_and_so_is_the_same_one_at_another_issuer(self) -> None:
        await self.sign_in()
        self.provider.claims |= {"sub": "2", "preferred_username": "eve"}
        await self.sign_in()
        assert (await self.account())["name"] == "eve"
        await Identity.objects.aupdate(issuer="https://elsewhere.example")
        self.provider.claims |= {"sub": "2", "preferred_username": "bob"}
        await self.sign_in()
        assert (await self.account())["name"] == "bob"

    async def test_nobody_gets_an_account_by_its_name_or_e_mail_address(self) -> None:
        await User.objects.filter(pk=self.owner.pk).aupdate(email="owner@example.org")
        for claims in ({"preferred_username": "OWNER"}, {"preferred_username": "Ｏｗｎｅｒ"}):
            self.provider.claims |= claims
            await self.refused(409, "An account here has your name already")
        self.provider.claims |= {"preferred_username": "eve", "email": "owner@example.org", "email_verified": True}
        await self.sign_in()
        assert await self.account() == {"name": "eve", "role": "reader"}

    async def test_the_name_is_the_first_that_an_account_can_have(self) -> None:
        self.provider.claims |= {"preferred_username": "<b>", "name": "夏目 漱石", "email": "soseki@example.org"}
        await self.sign_in()
        assert (await self.account())["name"] == "夏目.漱石"

    async def test_without_any_it_says_so(self) -> None:
        self.provider.claims |= {"preferred_username": "<b>", "email": 5}
        await self.refused(403, "without a name that an account can have")

    async def test_where_only_known_people_come_in_it_says_how_to_become_one(self) -> None:
        with override_settings(SIGN_UP=False):
            await self.refused(403, "sign in with its password and connect it")

    async def test_the_first_account_is_made_with_its_link(self) -> None:
        await User.objects.all().adelete()
        await self.refused(403, "has no owner yet")
        secret = await sync_to_async(Invitation.objects.renew_first)()
        page = await self.async_client.get("/accounts/first/", {"secret": str(secret)}, headers=HTML)
        self.assertContains(page, "Sign in with Our school")
        await self.sign_in(secret=secret)
        assert await self.account() == {"name": "ada", "role": "owner"}

    async def test_an_invitation_is_accepted_by_signing_in_and_works_once(self) -> None:
        _, secret = await sync_to_async(Invitation.objects.invite)(Role.LIBRARIAN, self.owner)
        with override_settings(SIGN_UP=False):
            await self.sign_in(secret=secret)
            assert await self.account() == {"name": "ada", "role": "librarian"}
            self.provider.claims |= {"sub": "2", "preferred_username": "eve"}
            assert (await self.sign_in(AsyncClient(), secret=secret)).status_code == 404

    async def test_a_closed_account_stays_out(self) -> None:
        await self.sign_in()
        await User.objects.filter(username="ada").aupdate(is_active=False)
        response = await self.sign_in()
        assert (response.status_code, "Your account is closed" in response.content.decode()) == (403, True)
        assert await self.account() == {}

    async def test_it_leads_on_with_what_was_typed_and_never_to_another_site(self) -> None:
        assert (await self.sign_in(next="/books/?q=a"))["Location"] == "/books/?q=a"
        for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "/" * 3000):
            assert (await self.sign_in(next=elsewhere))["Location"] == "/"
        await User.objects.filter(username="ada").aupdate(is_superuser=True)
        await self.async_client.post("/accounts/logout/")
        response = await self.sign_in(next="/books/new/", typed="title=Typed")
        self.assertContains(await self.async_client.get(response["Location"], headers=HTML), 'value="Typed"')
        assert not await Book.objects.aexists()

    async def test_a_name_kept_out_of_the_token_is_asked_for(self) -> None:
        self.provider.claims["preferred_username"] = None
        self.provider.tells(self.provider.metadata(userinfo_endpoint=f"{self.provider.url}{USER_INFO}"))
        self.provider.server.does[USER_INFO] = outside.knows({"sub": "other", "preferred_username": "eve"})
        await self.refused(403, "without a name")
        self.provider.server.does[USER_INFO] = outside.knows({"sub": "1", "preferred_username": "ada", "iss": "evil"})
        await self.sign_in()
        assert (await self.account())["name"] == "ada"
        assert self.provider.server.asked[-1][2]["authorization"] == "Bearer access"
        assert (await Identity.objects.aget()).issuer == self.provider.url

    async def test_the_secret_is_sent_as_the_provider_takes_it(self) -> None:
        self.provider.tells(self.provider.metadata(token_endpoint_auth_methods_supported=["client_secret_post"]))
        await self.sign_in()
        assert self.provider.server.forms[-1]["client_secret"] == SECRET
        assert (await self.account())["name"] == "ada"


class Connecting(OpenIdCase):
    async def test_an_account_with_a_password_is_connected_from_its_own_page(self) -> None:
        await self.async_client.aforce_login(self.owner)
        page = await self.async_client.get("/accounts/", headers=HTML)
        self.assertContains(page, "Connect to Our school")
        response = await self.sign_in(connect="1")
        assert response["Location"] == "/accounts/"
        page = await self.async_client.get("/accounts/", headers=HTML)
        self.assertContains(page, "You can sign in with Our school now.")
        self.assertNotContains(page, "Connect to Our school")
        await self.async_client.post("/accounts/logout/")
        await self.sign_in()
        assert (await self.account())["name"] == "owner"

    async def test_without_asking_for_it_nothing_is_connected(self) -> None:
        await self.async_client.aforce_login(self.owner)
        await self.sign_in()
        assert (await Identity.objects.select_related("user").aget()).user.username == "ada"

    async def test_who_has_signed_out_meanwhile_or_is_somebody_else_is_refused(self) -> None:
        for other in (None, await sync_to_async(reader)()):
            await self.async_client.aforce_login(self.owner)
            query = self.provider.signs_in((await self.begin(connect="1")).context["url"])
            await self.async_client.alogout()
            self.async_client.cookies["openid"] = self.last_cookie
            if other:
                await self.async_client.aforce_login(other)
            assert (await self.come_back(query)).status_code == 403
        assert not await Identity.objects.aexists()

    async def begin(self, client: AsyncClient | None = None, **fields: Any) -> Any:
        response = await super().begin(client, **fields)
        self.last_cookie = response.cookies["openid"].value
        return response

    async def test_a_token_connects_nobody(self) -> None:
        """Else whoever holds a token that may only read could sign in to its account."""
        _, secret = await sync_to_async(Token.objects.issue)(self.owner, "script", [Scope.READ], None)
        with_token = {**HTML, "authorization": f"Bearer {secret}"}
        begun = await self.async_client.post("/accounts/openid/", {"connect": "1"}, headers=with_token)
        query = self.provider.signs_in(begun.context["url"])
        response = await self.async_client.get("/accounts/openid/callback/", query, headers=with_token)
        assert response.status_code == 403
        assert not await Identity.objects.aexists()

    async def test_nobody_takes_over_whom_another_account_has(self) -> None:
        await self.sign_in()
        await self.async_client.aforce_login(self.owner)
        response = await self.sign_in(connect="1")
        assert (response.status_code, "connected to you already" in response.content.decode()) == (403, True)
        assert (await Identity.objects.select_related("user").aget()).user.username == "ada"


class Attempts(OpenIdCase):
    async def test_an_attempt_belongs_to_the_browser_that_began_it(self) -> None:
        """Else somebody could sign others in to an account of their own, and read what they write."""
        query = self.provider.signs_in((await self.begin()).context["url"])
        victim = AsyncClient()
        assert (await self.come_back(query, victim)).status_code == 400
        await self.begin(victim)
        assert (await self.come_back(query, victim)).status_code == 400
        assert not self.provider.server.forms

    async def test_what_is_no_answer_to_it_is_not_looked_at(self) -> None:
        for change in ({"state": ""}, {"state": "x"}, {"iss": "https://evil.example"}, {"state": "ü"}):
            query = self.provider.signs_in((await self.begin()).context["url"])
            assert (await self.come_back(query | change)).status_code == 400, change
        for cookie in ("", "x", "a:b:c"):
            self.async_client.cookies["openid"] = cookie
            assert (await self.come_back({"code": "a", "state": "b"})).status_code == 400
        assert not self.provider.server.forms

    async def test_it_is_good_once(self) -> None:
        query = self.provider.signs_in((await self.begin()).context["url"])
        cookie = self.async_client.cookies["openid"].value
        assert (await self.come_back(query)).status_code == 303
        assert (await self.come_back(query)).status_code == 400
        other = AsyncClient()
        other.cookies["openid"] = cookie
        assert (await self.come_back(query, other)).status_code == 502

    async def test_its_cookie_is_for_a_while_unseen_by_scripts_and_of_no_other_site(self) -> None:
        cookie = (await self.begin()).cookies["openid"]
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (600, True, "Lax", "/")
        assert not await Session.objects.aexists()

    async def test_a_session_is_a_new_one_after_signing_in(self) -> None:
        await self.begin(typed="title=a", next="/books/new/")
        before = self.async_client.cookies["sessionid"].value
        await self.sign_in()
        assert self.async_client.cookies["sessionid"].value != before

    async def test_another_site_cannot_begin_one(self) -> None:
        headers = {**HTML, "origin": "https://evil.example"}
        assert (await self.async_client.post("/accounts/openid/", {}, headers=headers)).status_code == 403

    async def test_who_does_not_sign_in_there_is_told_so(self) -> None:
        state = self.provider.signs_in((await self.begin()).context["url"])["state"]
        response = await self.come_back({"error": "access_denied", "error_description": "<b>", "state": state})
        assert (response.status_code, b"did not sign you in" in response.content) == (403, True)

    async def test_an_address_has_only_so_many_failures(self) -> None:
        self.provider.claims["nonce"] = "x"
        for number in range(19):
            await sync_to_async(LoginAttempts.objects.begin)(f"account {number}", "127.0.0.1")
        assert [(await self.sign_in()).status_code for _ in range(2)] == [502, 429]

    async def test_two_windows_of_somebody_new_make_one_account(self) -> None:
        browsers = [AsyncClient() for _ in range(2)]
        queries = [self.provider.signs_in((await self.begin(each)).context["url"]) for each in browsers]
        for browser, query in zip(browsers, queries, strict=True):
            assert (await self.come_back(query, browser)).status_code == 303
        assert await User.objects.acount() == 2


@pytest.mark.once
class HostileProviders(OpenIdCase):
    async def test_a_token_for_another_attempt_signs_nobody_in(self) -> None:
        self.provider.claims["nonce"] = "other"
        await self.refused(502)

    async def test_answers_that_are_no_use_sign_nobody_in(self) -> None:
        bad = [outside.says_nothing, outside.ENDLESS, outside.BOMB, outside.hangs_up, outside.refuses(400)]
        bad += [outside.leads_to(f"{self.provider.url}{TOKEN}"), outside.BROKEN, outside.knows([]), outside.knows({})]
        await self.begin()  # so that its discovery document is known
        await self.fail_each(TOKEN, bad)
        await self.fail_each(KEYS, [outside.refuses(500), outside.leads_to("http://127.0.0.2/"), outside.knows({})])

    async def fail_each(self, path: str, behaviours: list[outside.Behaviour]) -> None:
        good = self.provider.server.does[path]
        for behaviour in behaviours:
            ours._documents.pop(f"{self.provider.url}{KEYS}", None)
            self.provider.server.does[path] = behaviour
            with patience(0.3):
                await self.refused(502)
        self.provider.server.does[path] = good

    async def test_without_its_discovery_document_nobody_is_sent_anywhere(self) -> None:
        told = self.provider.metadata
        bad = [outside.says_nothing, outside.ENDLESS, outside.refuses(404), outside.leads_to("http://127.0.0.2/")]
        bad += [
            *(
                outside.knows(value)
                for value in (list[str](), dict[str, str](), told(issuer="https://evil.example"), told(issuer=None))
            ),
            *(
                outside.knows(told(token_endpoint=value))
                for value in (None, 5, "file:///etc/passwd", "javascript:1", "https://[")
            ),
        ]
        with patience(0.3):
            for behaviour in bad:
                self.provider.server.does[DISCOVERY] = behaviour
                ours._documents.clear()
                response = await self.begin(next="/books/")
                assert (response.status_code, dict(response.cookies)) == (502, {})
                self.assertContains(response, "gave no answer that can be used", status_code=502)

    async def test_a_new_key_of_the_provider_is_taken_up_by_one_and_by_two_at_once(self) -> None:
        await self.sign_in()
        for name in ("other", "third"):
            self.provider.publishes(name)
            self.provider.signs_with, self.provider.header = key(name), {"alg": "RS256", "kid": name}
            if name == "other":
                assert (await self.sign_in()).status_code == 303
        token = self.provider.signed(self.provider.token_claims("nonce"))
        both = [ours._averify(token, self.provider.metadata(), "nonce") for _ in range(2)]
        assert [claims["sub"] for claims in await asyncio.gather(*both)] == ["1", "1"]
        assert self.provider.server.paths.count(DISCOVERY) == 1


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    before, ours.SECONDS = ours.SECONDS, seconds
    try:
        yield
    finally:
        ours.SECONDS = before


class WithoutPasswords(OpenIdCase):
    async def test_where_passwords_are_off_none_is_taken(self) -> None:
        self.owner.set_password(PASSWORD)
        await self.owner.asave()
        sent = {"username": "owner", "password": PASSWORD}
        with override_settings(PASSWORD_SIGN_IN=False):
            page = await self.async_client.get("/accounts/login/", headers=HTML)
            assert (b'name="password"' in page.content, b"Our school" in page.content) == (False, True)
            assert (await self.async_client.post("/accounts/login/", sent)).status_code == 403
            basic = {"authorization": f"Basic {b64encode(f'owner:{PASSWORD}'.encode()).decode()}"}
            assert (await self.async_client.get("/opds/", headers=basic)).status_code == 401
            await self.sign_in()
            assert (await self.account())["name"] == "ada"


class Off(TestCase):
    async def test_without_a_provider_there_is_no_button_and_nothing_behind_it(self) -> None:
        page = await self.async_client.get("/accounts/login/", headers=HTML)
        assert b"/accounts/openid/" not in page.content
        assert (await self.async_client.post("/accounts/openid/", {})).status_code == 404
        assert (await self.async_client.get("/accounts/openid/callback/")).status_code == 404
