"""Our layers do what Django's middlewares do: the same requests, with the same settings, through both."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, TestCase, override_settings
from django.urls import include, path
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override

from books.models import Book
from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from django41_example.server.threads import Checkout
from tests.asgi.client import Answer, Exchange, ask
from tests.asgi.conftest import MakePool, make_pool  # noqa: F401 - a fixture
from tests.people import owner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

OURS = list(django_settings.MIDDLEWARE)
DJANGOS = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
OWN_HEADERS = {"cross-origin-resource-policy", "permissions-policy"}
OF_EACH_REQUEST = {"set-cookie", "expires", "x-request-id"}

TOKEN = "a" * 32
FORM = ("content-type", "application/x-www-form-urlencoded")
HTML = ("accept", "text/html")
GROUP = f"csrfmiddlewaretoken={TOKEN}&name=Readers".encode()
# What is asked: its options for `ask`; "signed_in" says that a session cookie comes with it.
REQUESTS: dict[str, dict[str, Any]] = {
    "a page": {"path": "/books/", "headers": [HTML]},
    "data": {"path": "/books/"},
    "one book, known already": {"path": "/books/1/", "headers": [("if-none-match", '"1"')]},
    "HEAD": {"path": "/books/", "method": "HEAD"},
    "no slash": {"path": "/books?q=a%20b&size=2", "headers": [HTML]},
    "no slash, a write": {"path": "/books", "method": "POST", "body": [b"{}"]},
    "two slashes": {"path": "//evil.example/books", "headers": [HTML]},
    "nothing there": {"path": "/nowhere", "headers": [HTML]},
    "by TLS": {"path": "/books/", "scheme": "https"},
    "a write": {"path": "/books/", "method": "POST", "body": [b"{}"]},
    "another host": {"path": "/books/", "headers": [("host", "evil.example"), HTML]},
    "a host that is none": {"path": "/books/", "headers": [("host", "a b")]},
    "a robot": {"path": "/books/", "headers": [("user-agent", "BadBot 1.0")]},
    "signed in": {"path": "/books/", "headers": [HTML], "signed_in": True},
    "a session that is none": {"path": "/books/", "headers": [("cookie", "sessionid=" + "x" * 32)]},
    "signing in": {
        "path": "/accounts/login/", "method": "POST", "headers": [FORM, HTML], "body": [b"username=owner&password=pass"]
    },
    "signing in in vain": {
        "path": "/accounts/login/", "method": "POST", "headers": [FORM, HTML], "body": [b"username=owner&password=no"]
    },
    "signing out": {"path": "/accounts/logout/", "method": "POST", "headers": [FORM, HTML], "signed_in": True},
    "the admin": {"path": "/admin/", "headers": [HTML], "signed_in": True},
    "the admin, by a stranger": {"path": "/admin/", "headers": [HTML]},
    "the admin, a write and its message": {
        "path": "/admin/auth/group/add/", "method": "POST", "signed_in": True, "body": [GROUP], "headers": [FORM, HTML]
    },
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "as they are": {},
    "TLS only": {
        "SECURE_SSL_REDIRECT": True, "SECURE_HSTS_SECONDS": 60, "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True, "SESSION_COOKIE_SECURE": True,
    },
    "TLS at another host": {"SECURE_SSL_REDIRECT": True, "SECURE_SSL_HOST": "books.test"},
    "no slash appended": {"APPEND_SLASH": False},
    "www": {"PREPEND_WWW": True, "ALLOWED_HOSTS": ["testserver", "www.testserver"]},
    "no robots": {"DISALLOWED_USER_AGENTS": [re.compile("BadBot")]},
    "other policies": {
        "X_FRAME_OPTIONS": "SAMEORIGIN", "SECURE_REFERRER_POLICY": ["origin", "no-referrer"],
        "SECURE_CONTENT_TYPE_NOSNIFF": False, "SECURE_CROSS_ORIGIN_OPENER_POLICY": None,
        "SECURE_CSP": {}, "SECURE_CSP_REPORT_ONLY": {"default-src": [CSP.SELF, CSP.NONCE]},
    },
    "sessions kept up": {"SESSION_SAVE_EVERY_REQUEST": True, "SESSION_COOKIE_AGE": 60},
    "sessions of a browser": {"SESSION_EXPIRE_AT_BROWSER_CLOSE": True, "SESSION_COOKIE_SAMESITE": "Strict"},
    "messages in cookies": {"MESSAGE_STORAGE": "django.contrib.messages.storage.cookie.CookieStorage"},
}  # fmt: skip


@pytest.fixture
def person() -> User:
    Book.objects.add({"title": "Kokoro", "authors": ["夏目 漱石"]})
    person = owner()
    person.set_password("pass")
    person.save()
    return person


Make = Callable[[list[str]], Handler]


@pytest.fixture
def make(make_pool: MakePool, settings: Any) -> Make:  # noqa: F811
    """A handler with these middlewares."""

    def make(middleware: list[str]) -> Handler:
        settings.MIDDLEWARE = middleware
        return Handler(make_pool(), server_refusal, body_limit=10_000)

    return make


def session_of(person: User) -> str:
    client = Client()
    client.force_login(person)
    return f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}"


@pytest.fixture
def sessions(person: User) -> list[str]:
    return [session_of(person) for options in 2 * list(REQUESTS.values()) if "signed_in" in options]


def plain(answer: Answer) -> tuple[int, dict[str, str], list[str]]:
    """Status, headers and cookies, without what is another at each time."""
    headers = {name: value for name, value in answer.headers.items() if name not in OF_EACH_REQUEST}
    headers["content-security-policy-report-only"] = re.sub(
        "nonce-[^']*", "nonce", headers.get("content-security-policy-report-only", "")
    )
    if headers.get("content-type", "").startswith("text/html"):
        headers.pop("content-length", None)  # pages of the admin have tokens and times
    cookies = [re.sub(r"^(\w+)=[^;\"]+|(?<=expires=)[^;]*", r"\1", cookie) for cookie in answer.cookies]
    return answer.status, headers, sorted(cookies)


async def answers(handler: Handler, sessions: list[str]) -> dict[str, Answer]:
    found = {}
    for name, options in REQUESTS.items():
        asked = {"headers": [], **options}
        if asked.pop("signed_in", False):
            asked["headers"] = [*asked["headers"], ("cookie", sessions.pop())]
        found[name] = await ask(handler, **asked)
    return found


@pytest.mark.parametrize("name", SETTINGS)
async def test_every_request_is_answered_as_by_djangos_own(
    name: str, make: Make, sessions: list[str], settings: Any
) -> None:
    for setting, value in SETTINGS[name].items():
        setattr(settings, setting, value)
    ours = await answers(make(OURS), sessions)
    await Group.objects.filter(name="Readers").adelete()
    djangos = await answers(make(DJANGOS), sessions)
    for asked, answer in ours.items():
        status, headers, cookies = plain(answer)
        as_django = {header: value for header, value in headers.items() if header not in OWN_HEADERS}
        assert (301 if status == 308 else status, as_django, cookies) == plain(djangos[asked]), asked


async def test_the_requests_do_what_they_are_there_for(make: Make, sessions: list[str]) -> None:
    did = {
        name: (answer.status, sorted(cookie.partition("=")[0] for cookie in answer.cookies))
        for name, answer in (await answers(make(OURS), sessions)).items()
    }
    assert did["no slash, a write"] == (308, [])
    assert did["no slash"] == (301, [])
    assert did["another host"] == did["a host that is none"] == (400, [])
    assert did["signing in"] == (303, ["sessionid"])
    assert did["signing out"] == (303, ["sessionid"])
    assert did["the admin, a write and its message"] == (302, ["messages"])


async def plain_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def plain_sync(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@login_not_required
async def for_everybody(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@login_not_required
@xframe_options_exempt
@csp_override({"default-src": [CSP.SELF]})
async def embedded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


DOORS = (
    path("embedded/", embedded),
    path("plain/", plain_view),
    path("plain-sync/", plain_sync),
    path("for-everybody/", for_everybody),
    path("", include("django41_example.urls")),
)


@pytest.fixture
def private(make_pool: MakePool, settings: Any) -> Handler:  # noqa: F811
    settings.READ_REQUIRES_LOGIN = True
    settings.ROOT_URLCONF = DOORS
    return Handler(make_pool(), server_refusal, body_limit=10_000)


@pytest.mark.parametrize("url", ["/plain/", "/plain-sync/"])
async def test_a_plain_view_is_for_accounts_where_reading_requires_a_login(
    url: str, private: Handler, sessions: list[str]
) -> None:
    answer = await ask(private, url)
    assert (answer.status, answer.headers["location"]) == (302, f"/accounts/login/?next={url}")
    answer = await ask(private, url, headers=[("cookie", sessions[0])])
    assert (answer.status, answer.body) == (200, b"open")


@pytest.mark.parametrize(
    ("url", "status"),
    [("/for-everybody/", 200), ("/books/", 401), ("/health_check/live/", 200), ("/x/", 404)],
)
async def test_other_views_decide_by_themselves(url: str, status: int, private: Handler) -> None:
    assert (await ask(private, url, headers=[("accept", "application/json")])).status == status


async def test_a_view_may_ask_for_other_headers_than_all_have(private: Handler) -> None:
    headers = (await ask(private, "/embedded/")).headers
    assert (headers["content-security-policy"], headers.get("x-frame-options")) == ("default-src 'self'", None)
    assert headers["permissions-policy"] == "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


async def test_a_session_that_cannot_be_saved_now_is_a_503(make_pool: MakePool, settings: Any) -> None:  # noqa: F811
    pool = make_pool(1, queue_timeout=0.01)
    other = Checkout(pool, writes=False)

    async def view(request: HttpRequest) -> HttpResponse:
        request.session["seen"] = True
        await other.submit(int)  # and keeps the only thread
        return HttpResponse()

    settings.ROOT_URLCONF = (path("", view), path("", include("django41_example.urls")))
    answer = await ask(Handler(pool, server_refusal, body_limit=1000))
    other.end()
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


async def test_an_account_that_cannot_be_read_now_is_a_503(private: Handler, sessions: list[str]) -> None:
    await private.pool.run(sync_to_async(lambda: connection.execute_wrappers.append(fail)))
    answer = await ask(private, "/plain/", headers=[("cookie", sessions[0])])
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")


@pytest.mark.usefixtures("person")
async def test_whom_a_proxy_names_is_told_that_there_is_no_such_book(make: Make) -> None:
    exchange = Exchange(make(OURS), "/admin/books/book/999/change/", headers=[HTML])
    exchange.scope["remote_user"] = "owner"  # as ForwardedHeaders does, and so without a cookie
    answer = await exchange.answer()
    assert (answer.status, answer.headers["location"]) == (302, "/admin/")


def fail(*_: Any) -> None:
    raise OperationalError("the connection is lost")


async def test_the_admin_leads_to_the_login_page(private: Handler) -> None:
    answer = await ask(private, "/admin/", headers=[HTML])
    assert (answer.status, answer.headers["location"]) == (302, "/admin/login/?next=/admin/")
    answer = await ask(private, "/admin/login/", headers=[HTML])
    assert answer.headers["location"] == "/accounts/login/?next=/admin/"


async def test_a_body_that_is_too_large_is_a_413_there_too(private: Handler) -> None:
    answer = await ask(private, "/books/", method="POST", body=[b"x" * 10_001])
    assert answer.status == 413


class OnALocalNetwork(TestCase):
    """Under LISTEN=0.0.0.0 without ALLOWED_HOSTS."""

    def test_it_answers_to_what_only_a_local_network_has(self) -> None:
        names = "192.168.1.20:8000 [fd00::1]:8000 localhost nas NAS:80 books.local nas.home.arpa nas.lan."
        foreign = "books.example 192.168.1.20.evil.example local.evil.example 4.3.2.1.in-addr.arpa"
        with override_settings(ON_LOCAL_NETWORK=True, ALLOWED_HOSTS=["*"]):
            for host in (names + " " + foreign).split():
                response = self.client.get("/health_check/live/", headers={"host": host})
                with self.subTest(host=host):
                    assert response.status_code == (400 if host in foreign.split() else 200)
