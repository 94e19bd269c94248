"""Middlewares of our own, and Django's without their thread hops.

Django runs a middleware's `process_request` and `process_response` in a thread, since some touch the database. Most
only compute: here they do so on the event loop, and only what reads or writes a row goes to the thread. They stand in
two layers instead of nine, since each layer costs every request a coroutine and a guard.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.messages.storage import default_storage
from django.contrib.sessions import middleware as sessions
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware import clickjacking, common, csp, security
from django.urls import get_callable
from django.utils.csp import CSP, build_policy
from django.utils.functional import SimpleLazyObject, empty

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class OnTheLoop:
    """Several of Django's middlewares as one layer, on the event loop but for those that `write` something.

    The order is theirs: the first sees the request first and the answer last. When one of them answers by itself,
    those after it see neither.
    """

    sync_capable, async_capable = False, True
    parts: Sequence[type[Any]]

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.layers = [part(get_response) for part in self.parts]
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        passed, response = [], None
        for layer in self.layers:
            try:
                response = layer.process_request(request)
            except (SuspiciousOperation, PermissionDenied) as error:  # its answer passes those before this one
                response = await sync_to_async(response_for_exception, thread_sensitive=False)(request, error)
            else:
                passed.append(layer)
            if response:
                break
        response = response or await self.get_response(request)
        for layer in reversed(passed):
            if layer.writes(request):
                response = await sync_to_async(layer.process_response)(request, response)
            else:
                response = layer.process_response(request, response)
        return response


class Layer:
    """What Django's middlewares have, or have not."""

    def process_request(self, request: Any) -> Any:
        return None

    def process_response(self, request: Any, response: Any) -> Any:
        return response

    def writes(self, request: HttpRequest) -> bool:
        """Whether `process_response` reads or writes a row."""
        return False


class SecurityMiddleware(security.SecurityMiddleware, Layer):
    pass


class ContentSecurityPolicyMiddleware(csp.ContentSecurityPolicyMiddleware, Layer):
    """Django's, but the policy of the settings is written once and not for each answer."""

    config: Any = None
    policy = ""

    def process_response(self, request: Any, response: Any) -> Any:
        if request._csp_nonce or settings.SECURE_CSP_REPORT_ONLY or hasattr(response, "_csp_config"):
            return super().process_response(request, response)
        if self.config is not settings.SECURE_CSP:
            self.config, self.policy = settings.SECURE_CSP, build_policy(settings.SECURE_CSP)
        if self.policy:
            response.headers.setdefault(CSP.HEADER_ENFORCE.value, self.policy)
        return response


class XFrameOptionsMiddleware(clickjacking.XFrameOptionsMiddleware, Layer):
    pass


class SessionMiddleware(sessions.SessionMiddleware, Layer):
    """Django's; but who brings no session is made one only when somebody asks for it."""

    def process_request(self, request: Any) -> None:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            super().process_request(request)
        else:
            request.session = SimpleLazyObject(self.SessionStore)

    def process_response(self, request: Any, response: Any) -> Any:
        return super().process_response(request, response) if self._is_used(request) else response

    def writes(self, request: HttpRequest) -> bool:
        session = request.session
        return self._is_used(request) and (
            session.modified or (session.accessed and settings.SESSION_SAVE_EVERY_REQUEST)
        )

    def _is_used(self, request: HttpRequest) -> bool:
        return getattr(request.session, "_wrapped", None) is not empty


class AuthenticationMiddleware(auth.AuthenticationMiddleware, Layer):
    pass


class MessageMiddleware(messages.MessageMiddleware, Layer):
    """The admin's messages; our own pages have none, and make no storage for them."""

    def process_request(self, request: HttpRequest) -> None:
        request._messages = SimpleLazyObject(lambda: default_storage(request))  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return super().process_response(request, response) if self._is_used(request) else response

    def writes(self, request: HttpRequest) -> bool:
        return self._is_used(request) and any(getattr(request._messages, name) for name in ("used", "added_new"))  # type: ignore[attr-defined]

    def _is_used(self, request: HttpRequest) -> bool:
        return request._messages._wrapped is not empty  # type: ignore[attr-defined]


class PermanentRedirect(HttpResponsePermanentRedirect):
    """308: the client repeats the same method with the same body, so that a POST stays a POST."""

    status_code = 308


class CommonMiddleware(common.CommonMiddleware, Layer):
    """Django's, but a POST to `/books` is led to `/books/` instead of being lost on the way or refused."""

    response_redirect_class = PermanentRedirect

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return request.get_full_path(force_append_slash=True)


class PoliciesMiddleware(Layer):
    """What else a browser may do with our answers, for which Django has no setting."""

    def __init__(self, get_response: GetResponse) -> None:
        pass

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class SameOriginWritesMiddleware(Layer):
    """The one rule against requests that another site makes a visitor's browser send (CSRF).

    Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`) and let no page change that; programs such
    as curl say nothing, and carry nobody's rights by themselves. So a write that names a foreign site is refused,
    and our forms need neither a token nor a cookie to match it. Session cookies are SameSite=Lax besides.
    """

    def __init__(self, get_response: GetResponse) -> None:
        pass

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        if request.method in SAFE_METHODS or not is_foreign(request):
            return None
        refused: HttpResponseBase = get_callable(settings.CSRF_FAILURE_VIEW)(request)
        return refused


def is_foreign(request: HttpRequest) -> bool:
    """Whether the browser says that another site's page sends this."""
    origin = request.headers.get("Origin", "")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    return bool(origin) and urlsplit(origin).netloc != request.get_host()


class Everywhere(OnTheLoop):
    """What every answer passes, an anonymous one too: nothing here asks the database."""

    parts = (
        SecurityMiddleware,
        ContentSecurityPolicyMiddleware,
        XFrameOptionsMiddleware,
        PoliciesMiddleware,
        CommonMiddleware,
        SameOriginWritesMiddleware,
    )


class People(OnTheLoop):
    """Who is signed in. Costs nothing worth measuring as long as nobody asks."""

    parts = (SessionMiddleware, AuthenticationMiddleware, MessageMiddleware)
