"""Every address, every method, every kind of visitor: who may pass, and how the others are refused."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, TestCase, override_settings
from django.urls import URLPattern
from django.utils import timezone

from books.models import Book, Scope, Token
from books.urls import urlpatterns
from books.web.permissions import (
    ADD,
    ANYBODY,
    CHANGE,
    CHANGE_JOB,
    DELETE,
    OWN_ACCOUNT,
    READ,
    SEE_JOBS,
    START_JOB,
    Rule,
)
from tests.people import librarian, owner, reader

VIEWS: dict[str, Any] = {p.name: p.callback.view_class for p in urlpatterns if isinstance(p, URLPattern) and p.name}  # type: ignore[attr-defined]
ROUTES = {p.name: str(p.pattern) for p in urlpatterns if isinstance(p, URLPattern)}
RULES = {name: view.rules for name, view in VIEWS.items()}
EVERY = [(name, method) for name, rules in RULES.items() for method in rules if name != "logout"]
WRITES = {ADD, CHANGE, DELETE}
JOBS = {SEE_JOBS, START_JOB, CHANGE_JOB}
REFUSED = {401, 403}


def test_every_address_and_method_has_a_rule_and_every_rule_an_address() -> None:
    handled = {
        name: {method for method in view().methods() if method not in {"OPTIONS", "HEAD"}}
        for name, view in VIEWS.items()
    }
    assert {name: set(rules) for name, rules in RULES.items()} == handled


# What each kind of visitor is let do; None: whoever asks is known, but the token is for something else.
LETS: dict[str, set[Rule]] = {
    "anonymous": {ANYBODY, READ},
    "reader": {ANYBODY, READ, OWN_ACCOUNT},
    "librarian": {ANYBODY, READ, OWN_ACCOUNT, *WRITES, *JOBS},
    "owner": {ANYBODY, READ, OWN_ACCOUNT, *WRITES, *JOBS},
    "token to read": {ANYBODY, READ},
    "token to write": {ANYBODY, READ, *WRITES},
    "token to write of a reader": {ANYBODY, READ},
    "token for jobs": {ANYBODY, READ, *JOBS},
}
UNKNOWN = ["forged token", "expired token", "revoked token", "token of a closed account", "another scheme"]


class EveryVisitor(TestCase):
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

    async def ask(self, client: AsyncClient, headers: dict[str, str], name: str, method: str) -> Any:
        keys = {"author_detail": self.author, "token_detail": 999, "token_revoke": 999}
        route = ROUTES[name].replace("<id:pk>", str(keys.get(name, self.book.pk)))
        route = route.replace("<id:change>", "1").replace("<topic:slug>", "novels")
        route = route.replace("<fingerprint:fingerprint>", str(self.book.fingerprint))
        route = route.replace("<key:key>", "job").replace("<str:name>", "a.csv").replace("<str:way>", "orm")
        body = {} if method == "GET" else {"data": json.dumps({"title": ""}), "content_type": "application/json"}
        return await getattr(client, method.lower())(f"/{route}", headers=headers, **body)

    async def test_each_is_let_do_what_the_rules_say_and_no_more(self) -> None:
        self.author = (await self.book.authors.aget()).pk
        for visitor, allowed in LETS.items():
            client, headers = await self.aclient_of(visitor)
            for name, method in EVERY:
                response = await self.ask(client, headers, name, method)
                with self.subTest(visitor=visitor, name=name, method=method):
                    assert (response.status_code not in REFUSED) == (RULES[name][method] in allowed)
            client.cookies.clear()

    async def test_who_shows_a_token_that_is_not_valid_is_never_treated_as_anonymous(self) -> None:
        self.author = (await self.book.authors.aget()).pk
        for visitor in UNKNOWN:
            client, headers = await self.aclient_of(visitor)
            for name, method in EVERY:
                response = await self.ask(client, headers, name, method)
                with self.subTest(visitor=visitor, name=name, method=method):
                    assert response.status_code == 401
                    assert response["WWW-Authenticate"].startswith("Bearer")

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

    async def test_reading_may_be_for_accounts_only(self) -> None:
        self.author = (await self.book.authors.aget()).pk
        with override_settings(READ_REQUIRES_LOGIN=True):
            for visitor, allowed in {
                "anonymous": False,
                "reader": True,
                "token to read": True,
                "token for jobs": False,
            }.items():
                client, headers = await self.aclient_of(visitor)
                for name, method in EVERY:
                    if RULES[name][method] is READ:
                        response = await self.ask(client, headers, name, method)
                        with self.subTest(visitor=visitor, name=name):
                            assert (response.status_code not in REFUSED) == allowed

    async def test_a_browser_is_sent_to_sign_in_and_back(self) -> None:
        response = await AsyncClient().get("/books/new/", headers={"accept": "text/html"})
        assert (response.status_code, response["Location"]) == (303, "/accounts/login/?next=%2Fbooks%2Fnew%2F")

    async def test_a_refusal_says_what_is_lacking(self) -> None:
        client, headers = await self.aclient_of("token to read")
        response = await client.delete(f"/books/{self.book.pk}/", headers=headers)
        assert "scope write" in response.json()["detail"]
        assert 'error="insufficient_scope"' in response["WWW-Authenticate"]
        client, headers = await self.aclient_of("reader")
        assert "books.delete_book" in (await client.delete(f"/books/{self.book.pk}/")).json()["detail"]

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
