import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import AsyncClient, TestCase

from books.models import Book, Token
from books.models.token import asave_uses, uses
from django41_example.server.thread_pool import client_of
from tests.people import LibrarianTestCase, librarian, owner

HTML = {"accept": "text/html"}


class Tokens(LibrarianTestCase):
    async def make(self, **fields: Any) -> Any:
        sent = {"name": "script", "scopes": ["read", "write"], **fields}
        return await self.async_client.post("/accounts/tokens/", json.dumps(sent), content_type="application/json")

    async def test_a_token_is_made_and_works(self) -> None:
        made = (await self.make()).json()
        headers = {"authorization": f"Bearer {made['token']}"}
        response = await AsyncClient().post(
            "/books/", json.dumps({"title": "by script"}), content_type="application/json", headers=headers
        )
        assert response.status_code == 201

    async def test_its_account_has_a_share_of_the_threads_of_its_own_and_so_has_a_session(self) -> None:
        made = (await self.make()).json()
        headers = {"authorization": f"Bearer {made['token']}"}
        by_token = await AsyncClient().get("/books/", headers=headers)
        in_session, in_nobodys_name = await self.async_client.get("/books/"), await AsyncClient().get("/books/")
        clients = [client_of(response.asgi_request.scope) for response in (by_token, in_session, in_nobodys_name)]
        account = await Token.objects.values_list("user", flat=True).aget()
        assert clients == [f"user {account}", f"user {account}", "127.0.0.1"]

    async def test_its_secret_is_shown_once_and_never_kept(self) -> None:
        secret = (await self.make()).json()["token"]
        listed = (await self.async_client.get("/accounts/tokens/")).content.decode()
        assert "script" in listed
        assert secret not in listed
        assert secret not in str(await Token.objects.values().aget())

    async def test_on_a_page_it_is_shown_once_too(self) -> None:
        response = await self.async_client.post("/accounts/tokens/", {"name": "a", "scopes": "read"}, headers=HTML)
        assert response.status_code == 201
        assert "books_" in response.content.decode()
        assert "no-store" in response["Cache-Control"]
        assert "books_" not in (await self.async_client.get("/accounts/tokens/", headers=HTML)).content.decode()

    async def test_it_can_expire(self) -> None:
        assert (await self.make(days=30)).json()["expires_at"] is not None
        assert (await self.make()).json()["expires_at"] is None

    async def test_what_is_wrong_is_said_field_by_field(self) -> None:
        response = await self.make(name="", scopes=["everything"], days=0)
        assert response.status_code == 422
        assert response.json()["errors"].keys() == {"name", "scopes", "days"}
        assert (await self.async_client.post("/accounts/tokens/", {}, headers=HTML)).status_code == 422

    async def test_a_revoked_one_works_no_more(self) -> None:
        made = (await self.make()).json()
        assert (await self.async_client.delete(f"/accounts/tokens/{made['id']}/")).status_code == 204
        headers = {"authorization": f"Bearer {made['token']}"}
        assert (await AsyncClient().get("/books/", headers=headers)).status_code == 401
        assert (await self.async_client.get("/accounts/tokens/")).json() == {"tokens": []}

    async def test_one_is_revoked_on_the_page(self) -> None:
        made = (await self.make()).json()
        response = await self.async_client.post(f"/accounts/tokens/{made['id']}/revoke/", headers=HTML)
        assert response.status_code == 303
        assert not await Token.objects.filter(revoked_at=None).aexists()

    async def test_another_accounts_token_is_neither_listed_nor_revoked(self) -> None:
        made = (await self.make()).json()
        await self.async_client.aforce_login(await self.aother())
        assert (await self.async_client.get("/accounts/tokens/")).json() == {"tokens": []}
        assert (await self.async_client.delete(f"/accounts/tokens/{made['id']}/")).status_code == 404

    async def aother(self) -> Any:
        return await type(self.librarian).objects.acreate(username="other")

    async def test_its_last_use_is_kept(self) -> None:
        made = (await self.make()).json()
        await AsyncClient().get("/books/", headers={"authorization": f"bearer {made['token']}"})
        assert (await Token.objects.aget()).last_used_at is None  # a request that reads writes nothing
        await asave_uses()
        assert (await Token.objects.aget()).last_used_at is not None
        assert uses == {}

    async def test_a_token_cannot_make_tokens(self) -> None:
        made = (await self.make()).json()
        response = await AsyncClient().get("/accounts/tokens/", headers={"authorization": f"Bearer {made['token']}"})
        assert response.status_code == 403


class OnTheCommandLine(TestCase):
    def run_command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("create_token", *arguments, stdout=out)
        return out.getvalue()

    def test_it_is_printed_last_with_the_scopes_asked_for(self) -> None:
        owner()
        secret = self.run_command("owner", "--scope", "read", "--scope", "write", "--days", "7").splitlines()[-1]
        headers = {"authorization": f"Bearer {secret}"}
        response = self.client.post("/books/", '{"title": "x"}', content_type="application/json", headers=headers)
        assert response.status_code == 201
        assert Book.objects.count() == 1

    def test_an_unknown_user_and_a_wrong_number_are_errors_that_say_what_to_do(self) -> None:
        librarian()
        for arguments in (["nobody"], ["librarian", "--days", "0"], ["librarian", "--scope", "all"]):
            with pytest.raises(CommandError):
                self.run_command(*arguments)
