"""How those who may not are refused; who they are is in test_rights.py."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, TestCase
from django.utils import timezone

from books.models import Book, Scope, Token
from tests.people import librarian, owner, reader

pytestmark = pytest.mark.once


class VisitorTests(TestCase):
    users: dict[str, User]
    secrets: dict[str, str]
    book: Book

    @classmethod
    def setUpTestData(cls) -> None:
        cls.users = {"reader": reader(), "librarian": librarian(), "owner": owner(), "closed": reader("closed")}
        User.objects.filter(username="closed").update(is_active=False)
        cls.secrets = {
            "token to read": cls.token("librarian", Scope.READ),
            "token to write": cls.token("librarian", Scope.READ, Scope.WRITE),
            "token to write of a reader": cls.token("reader", Scope.READ, Scope.WRITE),
            "token for jobs": cls.token("librarian", Scope.JOBS),
            "forged token": "books_" + "x" * 43,
            "expired token": cls.token("librarian", Scope.WRITE, expires_at=timezone.now() - timedelta(seconds=1)),
            "revoked token": cls.token("librarian", Scope.WRITE, revoked_at=timezone.now()),
            "token of a closed account": cls.token("closed", Scope.WRITE),
        }
        cls.book = Book.objects.add({"title": "Kokoro", "authors": ["a"], "topics": ["novels"]})

    @classmethod
    def token(cls, user: str, *scopes: str, **changes: Any) -> str:
        token, secret = Token.objects.issue(cls.users[user], "test", scopes, None)
        Token.objects.filter(pk=token.pk).update(**changes or {"name": "test"})
        return secret

    async def aclient_of(self, visitor: str) -> tuple[AsyncClient, dict[str, str]]:
        client, headers = AsyncClient(), {}
        if visitor in self.users:
            await client.aforce_login(self.users[visitor])
        elif visitor == "another scheme":
            headers = {"authorization": "Basic YWRtaW46YWRtaW4="}
        elif visitor != "anonymous":
            headers = {"authorization": f"Bearer {self.secrets[visitor]}"}
        return client, headers

    async def test_a_token_decides_alone_whatever_session_comes_with_it(self) -> None:
        client, _ = await self.aclient_of("owner")
        for visitor, status in {"token to read": 403, "forged token": 401}.items():
            _, headers = await self.aclient_of(visitor)
            response = await client.delete(f"/books/{self.book.pk}/", headers=headers)
            assert response.status_code == status
        assert await Book.objects.aexists()

    async def test_a_browser_is_sent_to_sign_in_and_back(self) -> None:
        response = await AsyncClient().get("/books/new/", headers={"accept": "text/html"})
        assert (response.status_code, response["Location"]) == (303, "/accounts/login/?next=%2Fbooks%2Fnew%2F")

    async def test_a_refusal_says_what_is_lacking(self) -> None:
        client, headers = await self.aclient_of("token to read")
        response = await client.delete(f"/books/{self.book.pk}/", headers=headers)
        assert "scope write" in response.json()["detail"]
        assert 'error="insufficient_scope"' in response["WWW-Authenticate"]
        client, headers = await self.aclient_of("reader")
        refused = await client.delete(f"/books/{self.book.pk}/")
        assert refused.json()["detail"].startswith("Only librarians can delete books. Ask ")

    async def test_an_answer_for_somebody_is_kept_by_nobody_else(self) -> None:
        client, headers = await self.aclient_of("token to read")
        response = await client.get("/books/", headers=headers)
        assert response["Cache-Control"].startswith("private")
        assert {"Authorization", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}

    async def test_what_anybody_gets_is_not_taken_for_what_an_account_gets(self) -> None:
        vary = (await AsyncClient().get("/books/", headers={"accept": "text/html"}))["Vary"]
        assert {"Accept", "Cookie"} <= {name.strip() for name in vary.split(",")}

    async def test_who_carries_nothing_costs_no_query(self) -> None:
        response = await AsyncClient().get("/health_check/live/")
        assert "Set-Cookie" not in response
        assert not response.cookies


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer \ud800", "Bearer a b", "", "é"])
@pytest.mark.django_db
def test_a_broken_authorization_header_is_401(client: Any, header: str) -> None:
    assert client.get("/books/", headers={"authorization": header}).status_code == 401
