"""Django's middlewares without their thread hops, and two of our own.

Django runs the `process_request` and `process_response` of a middleware in a thread, since some use the database. Most
only compute, so here they run on the event loop, and only those that read or write a row use the thread.
"""

import inspect
from functools import cache, partial
from io import BytesIO
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.middleware import clickjacking, common, csp, security
from django.urls import get_callable
from django.utils.csp import CSP
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from books.views.errors import server_refusal
from books.web.authentication import aget_user, get_user
from django41_example.server.handler import refusal_of, stored_headers

aresponse_for_exception = sync_to_async(response_for_exception, thread_sensitive=False)  # as in Django 6.1.3

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
LOCAL_DOMAINS = (".home", ".home.arpa", ".internal", ".lan", ".local", ".localdomain")
OWN_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class OnTheLoop(MiddlewareMixin):
    """A mixin for Django's middlewares that calls their hooks on the event loop.

    Only a `process_response` that `writes` a row runs in a thread. The first of adjacent ones calls the hooks of all,
    since a coroutine for each would take a tenth of the time of a list. An exception becomes a response where it is
    raised, as with Django's own.
    """

    is_for_all = True  # False: it has nothing to do for an anonymous request that reads
    only_sets_headers = False  # equal on all responses, so that Django's middleware computes them once
    writes: Any = None  # by request: whether `process_response` reads or writes a row

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        inner = inspect.unwrap(get_response)  # Django has wrapped it, to convert exceptions to responses
        self.layers: tuple[OnTheLoop, ...] = (self, *inner.layers) if isinstance(inner, OnTheLoop) else (self,)
        self.layers_for_all = tuple(layer for layer in self.layers if layer.is_for_all)
        self.innermost: Any = inner.innermost if isinstance(inner, OnTheLoop) else inner
        self.on_request: Any = getattr(self, "process_request", None)
        self.on_response: Any = getattr(self, "process_response", None)
        self.constant_headers = cache(self._constant_headers)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response: Any = None
        entered = 0
        layers = self.layers_for_all if is_plain_read(request) else self.layers
        try:
            for layer in layers:
                response = layer.on_request(request) if layer.on_request else None
                entered += 1
                if response:
                    break
            else:
                response = await self.innermost(request)
        except Exception as error:  # noqa: BLE001 - as around each of Django's
            response = await response_for(request, error)
        for layer in reversed(layers := layers[:entered]):
            try:
                if layer.writes and layer.writes(request):
                    response = await sync_to_async(layer.on_response)(request, response)
                elif layer.on_response and not layer.only_sets_headers:
                    response = layer.on_response(request, response)
            except Exception as error:  # noqa: BLE001 - as around each of Django's
                response = await response_for(request, error)
        has_own_policy = hasattr(response, "_csp_config") or hasattr(response, "_csp_ro_config")
        if has_own_policy or hasattr(response, "xframe_options_exempt"):
            set_headers(request, response, layers)
        else:
            headers = stored_headers(response)
            headers.update(self.constant_headers(request.scheme, layers) | headers)  # its own headers stay
        return response  # type: ignore[no-any-return]

    def _constant_headers(self, scheme: str, layers: "tuple[OnTheLoop, ...]") -> dict[str, tuple[str, str]]:
        scope = {"type": "http", "method": "GET", "path": "/", "scheme": scheme}
        response = HttpResponse()
        set_headers(ASGIRequest(scope, BytesIO()), response, layers)
        del response.headers["Content-Type"]
        return stored_headers(response)


def is_plain_read(request: Any) -> bool:
    """Whether the request only reads, without a cookie and without a user named by a proxy."""
    is_named = "remote_user" in getattr(request, "scope", {})
    return request.method in SAFE and "HTTP_COOKIE" not in request.META and not is_named


async def response_for(request: HttpRequest, error: Exception) -> Any:
    """Django's response to an exception, but 503 if there is no thread or no database."""
    refused = refusal_of(error)
    return server_refusal(request, *refused) if refused else await aresponse_for_exception(request, error)


def set_headers(request: HttpRequest, response: HttpResponse, layers: tuple[OnTheLoop, ...]) -> None:
    for layer in reversed(layers):
        if layer.only_sets_headers:
            layer.on_response(request, response)


class SecurityMiddleware(OnTheLoop, security.SecurityMiddleware):
    """Django's, with two headers that it has no settings for."""

    only_sets_headers = True

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        for name, value in OWN_HEADERS.items():
            response.headers[name] = value
        return super().process_response(request, response)


class ContentSecurityPolicyMiddleware(OnTheLoop, csp.ContentSecurityPolicyMiddleware):
    """Django's, which creates a nonce for each request; here only if a policy in the settings has one."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        policies = f"{settings.SECURE_CSP} {settings.SECURE_CSP_REPORT_ONLY}"
        if str(CSP.NONCE) not in policies:
            self.on_request, self.only_sets_headers = None, True


class XFrameOptionsMiddleware(OnTheLoop, clickjacking.XFrameOptionsMiddleware):
    only_sets_headers = True


class PermanentRedirect(HttpResponsePermanentRedirect):
    """308: the client repeats the request with its method and body, so that a POST stays a POST."""

    status_code = 308


class CommonMiddleware(OnTheLoop, common.CommonMiddleware):
    """Django's, but it redirects a POST to `/books` to `/books/` with its body instead of losing it."""

    response_redirect_class = PermanentRedirect

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.valid_hosts: set[str] = set()
        self.most_hosts = 0 if settings.PREPEND_WWW or settings.DISALLOWED_USER_AGENTS else 100  # that are remembered

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if (host := request.META.get("HTTP_HOST")) in self.valid_hosts:
            return None
        if settings.ON_LOCAL_NETWORK and not is_local(request.get_host()):
            raise DisallowedHost(f"{host!r} is no name of a local network: list it in ALLOWED_HOSTS.")
        response = super().process_request(request)
        if host and len(self.valid_hosts) < self.most_hosts:
            self.valid_hosts.add(host)
        return response

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return request.get_full_path(force_append_slash=True)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        if isinstance(response, PermanentRedirect) and request.method in {"GET", "HEAD"}:
            response.status_code = 301  # older reading apps follow no 308
        return response


def is_local(host: str) -> bool:
    """Whether the host is an address, or a name that no public site can have. So no page from such a site can make a
    browser believe that our server is its own (DNS rebinding)."""
    domain = split_domain_port(host)[0]
    is_address = domain.startswith("[") or domain.rpartition(".")[2].isdigit()
    return is_address or "." not in domain or domain.endswith(LOCAL_DOMAINS)


class SameOriginWritesMiddleware(OnTheLoop):
    """In place of Django's CsrfViewMiddleware: rejects writes that another site makes a visitor's browser send.

    Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`), and no page can change that. Programs such as
    curl say nothing, and have nobody's session. So a write from another site is rejected, and our forms need neither
    a token nor a matching cookie. In addition, session cookies are SameSite=Lax.
    """

    is_for_all = False

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        if request.method in SAFE or not is_foreign(request):
            return None
        refusal: HttpResponseBase = get_callable(settings.CSRF_FAILURE_VIEW)(request)
        return refusal


def is_foreign(request: HttpRequest) -> bool:
    """Whether the browser says that another site sends this."""
    origin = request.headers.get("Origin", "")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    return bool(origin) and origin != f"{request.scheme}://{request.get_host()}"


class SessionMiddleware(OnTheLoop, sessions.SessionMiddleware):
    def writes(self, request: Any) -> bool:
        session = request.session
        return bool(session.modified or (settings.SESSION_SAVE_EVERY_REQUEST and not session.is_empty()))


class AuthenticationMiddleware(OnTheLoop, auth.AuthenticationMiddleware):
    """Django's, but a user named by a proxy takes precedence (see books.web.authentication)."""

    def process_request(self, request: Any) -> None:
        super().process_request(request)
        if "remote_user" in getattr(request, "scope", {}):
            request.user = SimpleLazyObject(partial(get_user, request))
            request.auser = partial(aget_user, request)


class LoginRequiredMiddleware(OnTheLoop, auth.LoginRequiredMiddleware):
    """Django's, for READ_REQUIRES_LOGIN: a view without `rules` requires an account.

    A view with `rules` applies them itself, also to tokens, and so does the admin. So every URL is closed, whatever
    kind of view it has.
    """

    def __init__(self, get_response: Any) -> None:
        if not settings.READ_REQUIRES_LOGIN:
            raise MiddlewareNotUsed
        super().__init__(get_response)

    async def process_view(self, request: Any, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:  # type: ignore[override]
        applies_rules = hasattr(getattr(view_func, "view_class", None), "rules")
        if applies_rules or not getattr(view_func, "login_required", True):
            return None
        if "admin" in request.resolver_match.app_names or (await request.auser()).is_authenticated:
            return None
        return self.handle_no_permission(request, view_func)


class MessageMiddleware(OnTheLoop, messages.MessageMiddleware):
    """Django's, but a plain read has no messages and needs no storage for them.

    Messages are for people who have signed in, so the session with them has already been read.
    """

    is_for_all = False
