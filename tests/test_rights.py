"""Who may do what: every URL, method and kind of visitor, with the status that each gets, written by hand."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, TestCase, override_settings
from django.urls import resolve
from django.utils import timezone
from django.views import View

from books.models import Invitation, Role, Scope, Token
from books.models.password_link import secret_for
from books.urls import urlpatterns
from tests.people import BOOKS, JOBS, PASSWORD, cookies_of, librarian, owner, reader

pytestmark = pytest.mark.once

# From left to right: nobody, a reader, a librarian, the owner; a librarian's tokens to read, to write and for jobs, and
# a reader's token to write; with READ_REQUIRES_LOGIN nobody, and the tokens to write and for jobs. Then the permissions
# that it takes. There is no worker here, for which /health_check/ answers 503.
TABLE = """
                                              librarian      tokens:      reader's  closed:
                                      nobody reader owner  read write jobs write  nobody write jobs
GET    /                                     200 200 200 200    200 200 200 200    401 403 403
GET    /settings/                            401 403 403 200    403 403 403 403    401 403 403  change_catalogue
POST   /settings/                            401 403 403 200    403 403 403 403    401 403 403  change_catalogue
GET    /books/                               200 200 200 200    200 200 200 200    401 403 403
POST   /books/                               401 403 201 201    403 201 403 403    401 201 403  add_book
GET    /books/new/                           401 403 200 200    403 200 403 403    401 200 403  add_book
POST   /books/new/                           401 403 303 303    403 303 403 403    401 303 403  add_book
GET    /books/{book}/                        200 200 200 200    200 200 200 200    401 403 403
GET    /books/{book}.ris                     200 200 200 200    200 200 200 200    401 403 403
PUT    /books/{book}/                        401 403 200 200    403 200 403 403    401 200 403  change_book
PATCH  /books/{book}/                        401 403 200 200    403 200 403 403    401 200 403  change_book
DELETE /books/{book}/                        401 403 204 204    403 204 403 403    401 204 403  delete_book
GET    /books/{book}/edit/                   401 403 200 200    403 200 403 403    401 200 403  change_book
POST   /books/{book}/edit/                   401 403 303 303    403 303 403 403    401 303 403  change_book
GET    /books/{book}/delete/                 401 403 200 200    403 200 403 403    401 200 403  delete_book
POST   /books/{book}/delete/                 401 403 303 303    403 303 403 403    401 303 403  delete_book
GET    /books/{book}/history/                200 200 200 200    200 200 200 200    401 403 403
GET    /books/{deleted}/history/             404 404 200 200    404 200 404 404    401 403 403
DELETE /books/{book}/history/                401 403 403 204    403 403 403 403    401 403 403  delete_change
GET    /books/{book}/history/purge/          401 403 403 200    403 403 403 403    401 403 403  delete_change
POST   /books/{book}/history/purge/          401 403 403 303    403 403 403 403    401 403 403  delete_change
POST   /books/{book}/history/{change}/undo/  401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /activity/                            401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /books/{book}/merge/                  401 403 200 200    403 200 403 403    401 200 403  change_book
POST   /books/{book}/merge/                  401 403 303 303    403 303 403 403    401 303 403  change_book delete_book
GET    /duplicates/                          401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /duplicates/authors/                  401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /duplicates/authors/{people}/         401 403 200 200    403 200 403 403    401 200 403  change_book
POST   /duplicates/authors/{people}/         401 403 303 303    403 303 403 403    401 303 403  change_book
POST   /duplicates/authors/{people}/dismiss/ 401 403 303 303    403 303 403 403    401 303 403  change_book
GET    /duplicates/{fingerprint}/            401 403 200 200    403 200 403 403    401 200 403  change_book
POST   /duplicates/{fingerprint}/            401 403 303 303    403 303 403 403    401 303 403  change_book delete_book
POST   /duplicates/{fingerprint}/dismiss/    401 403 303 303    403 303 403 403    401 303 403  change_book
GET    /books.csv                            200 200 200 200    200 200 200 200    401 403 403
GET    /books.jsonl                          200 200 200 200    200 200 200 200    401 403 403
GET    /books.xlsx                           200 200 200 200    200 200 200 200    401 403 403
GET    /books.goodreads.csv                  200 200 200 200    200 200 200 200    401 403 403
GET    /books.marc.xml                       200 200 200 200    200 200 200 200    401 403 403
GET    /books.ris                            200 200 200 200    200 200 200 200    401 403 403
GET    /books.bib                            200 200 200 200    200 200 200 200    401 403 403
GET    /books.csl.json                       200 200 200 200    200 200 200 200    401 403 403
GET    /authors/                             200 200 200 200    200 200 200 200    401 403 403
GET    /authors/{author}/                    200 200 200 200    200 200 200 200    401 403 403
PATCH  /authors/{author}/                    401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /authors/{author}/edit/               401 403 200 200    403 200 403 403    401 200 403  change_book
POST   /authors/{author}/edit/               401 403 303 303    403 303 403 403    401 303 403  change_book
GET    /authors/{author}/history/            401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /series/                              200 200 200 200    200 200 200 200    401 403 403
GET    /series/{series}/                     200 200 200 200    200 200 200 200    401 403 403
PATCH  /series/{series}/                     401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /series/{series}/edit/                401 403 200 200    403 200 403 403    401 200 403  change_book
POST   /series/{series}/edit/                401 403 303 303    403 303 403 403    401 303 403  change_book
GET    /series/{series}/history/             401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /topics/                              200 200 200 200    200 200 200 200    401 403 403
GET    /topics/novels/                       200 200 200 200    200 200 200 200    401 403 403
PATCH  /topics/novels/                       401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /topics/novels/edit/                  401 403 200 200    403 200 403 403    401 200 403  change_book
POST   /topics/novels/edit/                  401 403 303 303    403 303 403 403    401 303 403  change_book
GET    /topics/novels/history/               401 403 200 200    403 200 403 403    401 200 403  change_book
POST   /name-changes/{name_change}/undo/     401 403 200 200    403 200 403 403    401 200 403  change_book
GET    /refresh/                             200 200 200 200    200 200 200 200    401 403 403
POST   /refresh/                             200 200 200 200    200 200 200 200    401 403 403
GET    /lookup/?isbn=9780306406157           401 403 200 200    403 200 403 403    401 200 403  add_book
GET    /jobs/                                401 403 200 200    403 403 200 403    401 403 200  view_job
POST   /jobs/                                401 403 202 202    403 403 202 403    401 403 202  add_job
GET    /jobs/events/                         401 403 200 200    403 403 200 403    401 403 200  view_job
GET    /jobs/import/                         401 403 200 200    403 403 200 403    401 403 200  view_job
POST   /jobs/new/                            401 403 202 202    403 403 202 403    401 403 202  add_job
DELETE /jobs/import/                         401 403 202 202    403 403 403 403    401 403 403  change_job change_book
GET    /jobs/import/events/                  401 403 200 200    403 403 200 403    401 403 200  view_job
GET    /jobs/import/books/?action=added      401 403 200 200    403 403 200 403    401 403 200  view_job
POST   /jobs/import/cancel/                  401 403 202 202    403 403 403 403    401 403 403  change_job change_book
POST   /jobs/cancelled/retry/                401 403 202 202    403 403 202 403    401 403 202  change_job
GET    /jobs/import/files/a.csv/             401 403 200 200    403 403 200 403    401 403 200  view_job
GET    /uploads/{upload}/                    401 403 404 200    403 403 403 403    401 403 403
POST   /uploads/{upload}/                    401 403 404 202    403 403 403 403    401 403 403
DELETE /uploads/{upload}/                    401 403 404 204    403 403 403 403    401 403 403
GET    /accounts/                            401 200 200 200    403 403 403 403    401 403 403
GET    /accounts/login/                      200 200 200 200    200 200 200 200    200 200 200
POST   /accounts/login/                      303 303 303 303    303 303 303 303    303 303 303
POST   /accounts/openid/                     404 404 404 404    404 404 404 404    404 404 404
GET    /accounts/openid/callback/            404 404 404 404    404 404 404 404    404 404 404
POST   /accounts/logout/                     303 303 303 303    303 303 303 303    303 303 303
GET    /accounts/first/                      404 404 404 404    404 404 404 404    404 404 404
POST   /accounts/first/                      404 404 404 404    404 404 404 404    404 404 404
GET    /accounts/invitation/?secret={secret}  200 200 200 200    200 200 200 200    200 200 200
POST   /accounts/invitation/                 303 303 303 303    303 303 303 303    303 303 303
POST   /accounts/invitations/{invitation}/withdraw/  401 403 403 303    403 403 403 403    401 403 403  change_user
GET    /accounts/people/                     401 403 403 200    403 403 403 403    401 403 403  change_user
POST   /accounts/people/                     401 403 403 201    403 403 403 403    401 403 403  change_user
GET    /accounts/people/{person}/            401 403 403 200    403 403 403 403    401 403 403  change_user
PATCH  /accounts/people/{person}/            401 403 403 200    403 403 403 403    401 403 403  change_user
POST   /accounts/people/{person}/            401 403 403 303    403 403 403 403    401 403 403  change_user
POST   /accounts/people/{person}/password-link/  401 403 403 201    403 403 403 403    401 403 403  change_user
GET    /accounts/new-password/?secret={password_secret}  200 200 200 200    200 200 200 200    200 200 200
POST   /accounts/new-password/               303 303 303 303    303 303 303 303    303 303 303
GET    /accounts/password/                   401 200 200 200    403 403 403 403    401 403 403
POST   /accounts/password/                   401 303 303 303    403 403 403 403    401 403 403
GET    /accounts/tokens/                     401 200 200 200    403 403 403 403    401 403 403
POST   /accounts/tokens/                     401 201 201 201    403 403 403 403    401 403 403
DELETE /accounts/tokens/{token}/             401 204 404 404    403 403 403 403    401 403 403
POST   /accounts/tokens/{token}/revoke/      401 303 404 404    403 403 403 403    401 403 403
GET    /opds                                 200 200 200 200    200 200 200 200    401 403 403
GET    /opds2                                200 200 200 200    200 200 200 200    401 403 403
GET    /opds/                                200 200 200 200    200 200 200 200    401 403 403
GET    /opds/books/                          200 200 200 200    200 200 200 200    401 403 403
GET    /opds/books/{book}/                   200 200 200 200    200 200 200 200    401 403 403
GET    /opds/authors/                        200 200 200 200    200 200 200 200    401 403 403
GET    /opds/series/                         200 200 200 200    200 200 200 200    401 403 403
GET    /opds/topics/                         200 200 200 200    200 200 200 200    401 403 403
GET    /opds2/                               200 200 200 200    200 200 200 200    401 403 403
GET    /opds2/books/                         200 200 200 200    200 200 200 200    401 403 403
GET    /opds2/books/{book}/                  200 200 200 200    200 200 200 200    401 403 403
GET    /opds2/authors/                       200 200 200 200    200 200 200 200    401 403 403
GET    /opds2/series/                        200 200 200 200    200 200 200 200    401 403 403
GET    /opds2/topics/                        200 200 200 200    200 200 200 200    401 403 403
GET    /opensearch.xml                       200 200 200 200    200 200 200 200    200 200 200
GET    /robots.txt                           200 200 200 200    200 200 200 200    200 200 200
GET    /sitemap.xml                          200 200 200 200    200 200 200 200    401 403 403
GET    /sitemap-books-1.xml                  200 200 200 200    200 200 200 200    401 403 403
GET    /sitemap-authors-1.xml                200 200 200 200    200 200 200 200    401 403 403
GET    /sitemap-series-1.xml                 200 200 200 200    200 200 200 200    401 403 403
GET    /sitemap-topics-1.xml                 200 200 200 200    200 200 200 200    401 403 403
GET    /openapi.json                         200 200 200 200    200 200 200 200    200 200 200
GET    /health_check/                        503 503 503 503    503 503 503 503    503 503 503
GET    /health_check/live/                   200 200 200 200    200 200 200 200    200 200 200
GET    /lab/                                 200 200 200 200    200 200 200 200    401 403 403
GET    /lab/orm/                             200 200 200 200    200 200 200 200    401 403 403
"""
VISITORS = ["nobody", "reader", "librarian", "owner", "read", "write", "jobs", "reader's write"]
WITH_LOGIN_REQUIRED = ["nobody", "write", "jobs"]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
ADDED = '{"title": "Kokoro", "authors": ["Natsume"], "topics": ["Novels"], "series": "S", "isbn13": "%s"}'
PASSWORDS = f"old={PASSWORD}&password=another+{PASSWORD}&again=another+{PASSWORD}"
BODIES = {
    "POST /books/": (JSON, '{"title": "new"}'),
    "POST /books/new/": (FORM, "title=new"),
    "PUT /books/{book}/": (JSON, '{"title": "other"}'),
    "PATCH /books/{book}/": (JSON, '{"title": "other"}'),
    "POST /books/{book}/edit/": (FORM, "title=other&version=1"),
    "POST /books/{book}/delete/": (FORM, "version=1"),
    "POST /duplicates/{fingerprint}/": (FORM, "keep={book}&book={book}:1&book={twin}:1"),
    "POST /duplicates/authors/{people}/": (FORM, "keep={author}&author={author}:1&author={other_author}:1"),
    "POST /duplicates/authors/{people}/dismiss/": (FORM, "count=2&newest={other_author}"),
    "POST /books/{book}/merge/": (FORM, "keep={book}&book={book}:1&book={twin}:1"),
    "POST /duplicates/{fingerprint}/dismiss/": (FORM, "count=2&newest={twin}"),
    "PATCH /authors/{author}/": (JSON, '{"name": "Sōseki"}'),
    "PATCH /series/{series}/": (JSON, '{"volumes": 7}'),
    "POST /series/{series}/edit/": (FORM, "name=Other"),
    "POST /authors/{author}/edit/": (FORM, "name=Natsume"),
    "PATCH /topics/novels/": (JSON, '{"name": "Fiction"}'),
    "POST /topics/novels/edit/": (FORM, "name=Fiction"),
    "POST /jobs/": (JSON, '{"kind": "export"}'),
    "POST /jobs/new/": (JSON, '{"kind": "clock"}'),
    "POST /uploads/{upload}/": (FORM, "action=test&format=csv&encoding=utf-8&existing=fill&column=title"),
    "POST /accounts/login/": (FORM, f"username=reader&password={PASSWORD}"),
    "POST /accounts/first/": (FORM, f"secret=x&username=a&password={PASSWORD}&again={PASSWORD}"),
    "POST /settings/": (FORM, "name=Ours"),
    "POST /accounts/invitation/": (FORM, f"secret={{secret}}&username=Eve&password={PASSWORD}&again={PASSWORD}"),
    "POST /accounts/people/": (JSON, '{"role": "reader"}'),
    "POST /accounts/new-password/": (FORM, f"secret={{password_secret}}&password={PASSWORD}&again={PASSWORD}"),
    "PATCH /accounts/people/{person}/": (JSON, '{"active": false}'),
    "POST /accounts/people/{person}/": (FORM, "role=librarian"),
    "POST /accounts/password/": (FORM, PASSWORDS),
    "POST /accounts/tokens/": (JSON, '{"name": "a", "scopes": ["read"]}'),
}


class Row(NamedTuple):
    method: str
    url: str
    statuses: dict[str, int]
    with_login_required: dict[str, int]
    permissions: list[str]


def rows() -> Iterator[Row]:
    for line in TABLE.splitlines():
        method, *told = line.split() or [""]
        if method in METHODS:
            url, statuses, permissions = told[0], [int(status) for status in told[1:12]], told[12:]
            of_all = dict(zip(VISITORS, statuses[:8], strict=True))
            yield Row(method, url, of_all, dict(zip(WITH_LOGIN_REQUIRED, statuses[8:], strict=True)), permissions)


ROWS = list(rows())


class RightsTests(TestCase):
    users: dict[str, User]
    tokens: dict[str, str]
    cookies: dict[str, Any]
    ids: dict[str, Any]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.users = {"reader": reader(), "librarian": librarian(), "owner": owner(), "closed": reader("closed")}
        for user in cls.users.values():
            user.set_password(PASSWORD)
            user.is_active = user.username != "closed"
            user.save()
        cls.tokens = {
            "read": cls.token("librarian", Scope.READ),
            "write": cls.token("librarian", Scope.WRITE),
            "jobs": cls.token("librarian", Scope.JOBS),
            "reader's write": cls.token("reader", Scope.READ, Scope.WRITE),
        }
        cls.cookies = {visitor: cookies_of(user) for visitor, user in cls.users.items()}
        client = Client(headers={"accept": JSON})
        client.force_login(cls.users["owner"])
        book, twin = (client.post("/books/", ADDED % isbn, JSON).json() for isbn in ("9780306406157", ""))
        deleted = client.post("/books/", '{"title": "deleted"}', JSON).json()
        client.delete(deleted["url"])
        client.post("/jobs/import/", {"file": SimpleUploadedFile("a.csv", b"title")})
        checked = {"file": SimpleUploadedFile("b.csv", b"title")}
        upload = client.post("/jobs/", checked, headers={"accept": "text/html"})["Location"]
        client.post("/jobs/cancelled/")
        client.post("/jobs/cancelled/cancel/")
        invitation, secret = Invitation.objects.invite(Role.READER, cls.users["owner"])
        author = client.get("/authors/").json()["authors"][0]
        client.post("/books/", '{"title": "Nana", "topics": ["France"]}', JSON)
        renamed = client.patch("/topics/france/", '{"name": "Paris"}', JSON).json()
        client.post("/books/", '{"title": "Other", "authors": ["natsume."]}', JSON)
        people = client.get("/duplicates/authors/").json()["groups"][0]
        cls.ids = {
            "people": people["fingerprint"],
            "other_author": next(each["id"] for each in people["authors"] if each["id"] != author["id"]),
            "book": book["id"],
            "twin": twin["id"],
            "author": author["id"],
            "name_change": renamed["undo_url"].split("/")[2],
            "series": client.get("/series/").json()["series"][0]["id"],
            "change": client.get(f"/books/{book['id']}/history/").json()["changes"][0]["id"],
            "deleted": deleted["id"],
            "fingerprint": client.get("/duplicates/").json()["groups"][0]["fingerprint"],
            "upload": upload.split("/")[2],
            "invitation": invitation.pk,
            "secret": secret,
            "person": cls.users["reader"].pk,
            "password_secret": secret_for(cls.users["owner"]),
            "token": Token.objects.issue(cls.users["reader"], "of the reader", [Scope.READ], None)[0].pk,
        }

    @classmethod
    def token(cls, user: str, *scopes: str, **changes: Any) -> str:
        token, secret = Token.objects.issue(cls.users[user], "test", scopes, None)
        Token.objects.filter(pk=token.pk).update(**changes or {"name": "test"})
        return secret

    async def statuses(self, requests: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
        """What each visitor gets, by method, URL and visitor; whatever that changes is taken back."""
        return {request: await self.status(*request) for request in requests}

    async def status(self, method: str, url: str, visitor: str) -> int:
        self.async_client.cookies = SimpleCookie(self.cookies.get(visitor, {}))
        before = None if method == "GET" else await sync_to_async(transaction.savepoint_create)()
        response = await self.send(method, url, self.tokens.get(visitor))
        if before:
            await sync_to_async(transaction.savepoint_rollback)(before)
        status: int = response.status_code
        return status

    async def send(self, method: str, url: str, token: str | None = None) -> Any:
        headers = {"accept": f"{JSON}, */*;q=0.5", **({"authorization": f"Bearer {token}"} if token else {})}
        content_type, body = BODIES.get(f"{method} {url}", (FORM, ""))
        return await self.async_client.generic(
            method, self.filled(url), self.filled(body), content_type, headers=headers
        )

    def filled(self, text: str) -> str:
        """With the ids of real rows."""
        for name, value in self.ids.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def test_every_url_and_method_is_in_the_table(self) -> None:
        told = {(self.name_of(row.url), row.method) for row in ROWS}
        assert told == {(pattern.name, method) for pattern in urlpatterns for method in METHODS & handled(pattern)}

    def name_of(self, url: str) -> str | None:
        return resolve(self.filled(url).partition("?")[0]).url_name

    async def test_every_visitor_gets_what_the_table_says(self) -> None:
        told = {(row.method, row.url, visitor): status for row in ROWS for visitor, status in row.statuses.items()}
        assert await self.statuses(told) == told

    async def test_with_login_required_nothing_is_for_everybody(self) -> None:
        told = {
            (row.method, row.url, visitor): status
            for row in ROWS
            for visitor, status in {"reader": row.statuses["reader"], **row.with_login_required}.items()
        }
        with override_settings(READ_REQUIRES_LOGIN=True):
            assert await self.statuses(told) == told

    async def test_each_permission_is_needed_and_no_other(self) -> None:
        told = {}
        for row in ROWS:
            if row.permissions:
                told[row.method, row.url, " ".join(sorted(row.permissions))] = row.statuses["owner"]
            for lacking in row.permissions:
                told[row.method, row.url, " ".join(sorted({*BOOKS, *JOBS} - {lacking}))] = 403
        for permissions in {visitor for _, _, visitor in told}:
            self.cookies[permissions] = await sync_to_async(cookies_of_one_with)(permissions.split())
        assert await self.statuses(told) == told

    async def test_other_methods_are_not_allowed(self) -> None:
        told, got = {}, {}
        names = {url: self.name_of(url) for url in {row.url for row in ROWS}}
        for url, name in names.items():
            methods = {row.method for row in ROWS if names[row.url] == name}
            for method in METHODS - methods:
                response = await self.send(method, url)
                told[method, url] = 405, methods
                got[method, url] = response.status_code, METHODS & set(response.headers.get("Allow", "").split(", "))
        assert got == told

    async def test_a_token_that_is_not_valid_is_refused_everywhere(self) -> None:
        self.tokens["wrong"] = "books_" + "x" * 43
        told = {(row.method, row.url, "wrong"): 401 for row in ROWS}
        assert await self.statuses(told) == told

    async def test_a_token_that_was_valid_once_is_refused(self) -> None:
        for user, changes in (
            ("librarian", {"expires_at": timezone.now() - timedelta(seconds=1)}),
            ("librarian", {"revoked_at": timezone.now()}),
            ("closed", {"name": "test"}),
        ):
            secret = await sync_to_async(self.token)(user, Scope.WRITE, **changes)
            response = await self.send("GET", "/books/", secret)
            assert response.status_code == 401
            assert response["WWW-Authenticate"].startswith("Bearer")


def handled(pattern: Any) -> set[str]:
    return {method.upper() for method in View.http_method_names if hasattr(pattern.callback.view_class, method)}


def cookies_of_one_with(permissions: list[str]) -> SimpleCookie:
    user = User.objects.create_user(" ".join(permissions))
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return cookies_of(user)
