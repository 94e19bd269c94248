"""Middlewares of our own, and Django's without their thread hops.

Django runs a middleware's `process_request` and `process_response` in a thread, since some touch the database. Most
only compute: here they do so on the event loop, and only what reads or writes a row goes to the thread.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware import clickjacking, common, csp, security
from django.urls import get_callable
from django.utils.decorators import async_only_middleware

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class OnTheLoop:
    """Runs the middleware that it is mixed into on the event loop, except where it `writes` something."""

    get_response: Any
    process_request: Any
    process_response: Any

    def writes(self, request: HttpRequest) -> bool:
        return False

    async def __acall__(self, request: HttpRequest) -> Any:
        response = self.process_request(request) if hasattr(self, "process_request") else None
        response = response or await self.get_response(request)
        if not hasattr(self, "process_response"):
            return response
        if self.writes(request):
            return await sync_to_async(self.process_response)(request, response)
        return self.process_response(request, response)


class SecurityMiddleware(OnTheLoop, security.SecurityMiddleware):
    pass


class ContentSecurityPolicyMiddleware(OnTheLoop, csp.ContentSecurityPolicyMiddleware):
    pass


class XFrameOptionsMiddleware(OnTheLoop, clickjacking.XFrameOptionsMiddleware):
    pass


class SessionMiddleware(OnTheLoop, sessions.SessionMiddleware):
    def writes(self, request: HttpRequest) -> bool:
        session = request.session
        return session.modified or (session.accessed and settings.SESSION_SAVE_EVERY_REQUEST)


class AuthenticationMiddleware(OnTheLoop, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(OnTheLoop, messages.MessageMiddleware):
    """The admin's messages; our own pages have none."""

    def writes(self, request: HttpRequest) -> bool:
        return any(getattr(request._messages, name) for name in ("used", "added_new"))  # type: ignore[attr-defined]


class PermanentRedirect(HttpResponsePermanentRedirect):
    """308: the client repeats the same method with the same body, so that a POST stays a POST."""

    status_code = 308


class CommonMiddleware(OnTheLoop, common.CommonMiddleware):
    """Django's, but a POST to `/books` is led to `/books/` instead of being lost on the way or refused."""

    response_redirect_class = PermanentRedirect

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return request.get_full_path(force_append_slash=True)


@async_only_middleware
def policies(get_response: GetResponse) -> GetResponse:
    """What else a browser may do with our answers, for which Django has no setting."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        response = await get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return middleware


@async_only_middleware
def same_origin_writes(get_response: GetResponse) -> GetResponse:
    """The one rule against requests that another site makes a visitor's browser send (CSRF).

    Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`) and let no page change that; programs such
    as curl say nothing, and carry nobody's rights by themselves. So a write that names a foreign site is refused,
    and our forms need neither a token nor a cookie to match it. Session cookies are SameSite=Lax besides.
    """

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE_METHODS or not is_foreign(request):
            return await get_response(request)
        refused: HttpResponseBase = get_callable(settings.CSRF_FAILURE_VIEW)(request)
        return refused

    return middleware


def is_foreign(request: HttpRequest) -> bool:
    """Whether the browser says that another site's page sends this."""
    origin = request.headers.get("Origin", "")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    return bool(origin) and urlsplit(origin).netloc != request.get_host()
