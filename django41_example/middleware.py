"""Django's middlewares without their thread hops, and two of our own.

Django runs a middleware's `process_request` and `process_response` in a thread, since some touch the database. Most
only compute: here they do so on the event loop, and only what reads or writes a row goes to the thread.
"""

import inspect
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import get_messages
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.middleware import clickjacking, common, csp, security
from django.urls import get_callable
from django.utils.csp import CSP, build_policy
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from books.web.authentication import aget_user, get_user, remote_user

aresponse_for_exception = sync_to_async(response_for_exception, thread_sensitive=False)  # as in Django 6.1.3

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
LOCAL_DOMAINS = (".home", ".home.arpa", ".internal", ".lan", ".local", ".localdomain")
OWN_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class OnTheLoop(MiddlewareMixin):
    """What stands before each of Django's middlewares here: its hooks are called on the event loop.

    In a thread goes only the `process_response` that `writes` a row. The first of those that stand side by side calls
    the hooks of all, since coroutines for each take a tenth of the time of a list. An exception becomes a response
    where it is raised, as it does between Django's.
    """

    process_request: Any
    process_response: Any

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        inner = inspect.unwrap(get_response)  # Django has wrapped it, to make responses of exceptions
        self.layers: tuple[OnTheLoop, ...] = (self, *inner.layers) if isinstance(inner, OnTheLoop) else (self,)
        self.innermost: Any = inner.innermost if isinstance(inner, OnTheLoop) else get_response
        self.has_request_hook = hasattr(self, "process_request")
        self.has_response_hook = hasattr(self, "process_response")

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response: Any = None
        entered = 0
        try:
            for layer in self.layers:
                response = layer.process_request(request) if layer.has_request_hook else None
                entered += 1
                if response:
                    break
            else:
                response = await self.innermost(request)
        except Exception as error:  # noqa: BLE001 - as around each of Django's
            response = await aresponse_for_exception(request, error)
        for layer in reversed(self.layers[:entered]):
            try:
                if layer.writes(request):
                    response = await sync_to_async(layer.process_response)(request, response)
                elif layer.has_response_hook:
                    response = layer.process_response(request, response)
            except Exception as error:  # noqa: BLE001 - as around each of Django's
                response = await aresponse_for_exception(request, error)
        return response  # type: ignore[no-any-return]

    def writes(self, request: HttpRequest) -> bool:
        """Whether `process_response` reads or writes a row."""
        return False


class SecurityMiddleware(OnTheLoop, security.SecurityMiddleware):
    """Django's, with two headers for which it has no setting."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> Any:
        for name, value in OWN_HEADERS.items():
            response.headers[name] = value
        return super().process_response(request, response)


class ContentSecurityPolicyMiddleware(OnTheLoop, csp.ContentSecurityPolicyMiddleware):
    """Django's, which writes the policy anew for each response. Without a nonce it can be written once."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.policy = "" if str(CSP.NONCE) in str(settings.SECURE_CSP) else build_policy(settings.SECURE_CSP)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> Any:
        if self.policy and not hasattr(response, "_csp_config"):  # of a view that asks for another one
            response.headers.setdefault(CSP.HEADER_ENFORCE, self.policy)
        return super().process_response(request, response)


class XFrameOptionsMiddleware(OnTheLoop, clickjacking.XFrameOptionsMiddleware):
    pass


class PermanentRedirect(HttpResponsePermanentRedirect):
    """308: the client repeats the same method with the same body, so that a POST stays a POST."""

    status_code = 308


class CommonMiddleware(OnTheLoop, common.CommonMiddleware):
    """Django's, but a POST to `/books` is redirected to `/books/` with its body, instead of losing it."""

    response_redirect_class = PermanentRedirect

    def process_request(self, request: HttpRequest) -> Any:
        if settings.ON_LOCAL_NETWORK and not is_local(host := request.get_host()):
            raise DisallowedHost(f"{host!r} is no name of a local network: list it in ALLOWED_HOSTS.")
        return super().process_request(request)

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return request.get_full_path(force_append_slash=True)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        if isinstance(response, PermanentRedirect) and request.method in {"GET", "HEAD"}:
            response.status_code = 301  # older reading apps do not follow a 308
        return response


def is_local(host: str) -> bool:
    """Whether it is an address, or a name that no website can have: a page of theirs cannot make a browser take our
    server for its own (DNS rebinding)."""
    domain = split_domain_port(host)[0]
    is_address = domain.startswith("[") or domain.rpartition(".")[2].isdigit()
    return is_address or "." not in domain or domain.endswith(LOCAL_DOMAINS)


class SameOriginWritesMiddleware(OnTheLoop):
    """Stands for Django's CsrfViewMiddleware: refuses what another site's page makes a visitor's browser send.

    Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`) and let no page change that; programs such
    as curl say nothing, and carry nobody's rights by themselves. So a write that names a foreign site is refused,
    and our forms need neither a token nor a cookie to match it. Session cookies are SameSite=Lax besides.
    """

    def process_request(self, request: HttpRequest) -> Any:
        if request.method in SAFE_METHODS or not is_foreign(request):
            return None
        return get_callable(settings.CSRF_FAILURE_VIEW)(request)


def is_foreign(request: HttpRequest) -> bool:
    """Whether the browser says that another site's page sends this."""
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
    """Django's; where a proxy says who has signed in to it, that counts (see books.web.authentication)."""

    def process_request(self, request: Any) -> None:
        super().process_request(request)
        if remote_user(request):
            request.user = SimpleLazyObject(partial(get_user, request))
            request.auser = partial(aget_user, request)


class LoginRequiredMiddleware(OnTheLoop, auth.LoginRequiredMiddleware):
    """Django's, under READ_REQUIRES_LOGIN: a view that declares no `rules` is for accounts only.

    A view with `rules` applies them itself, to tokens too, and so does the admin. So a URL is closed whatever kind of
    view it has.
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
    """Django's. A reader without a cookie has no messages, and needs no storage for them."""

    def process_request(self, request: HttpRequest) -> None:
        if request.COOKIES or request.method not in SAFE_METHODS:
            super().process_request(request)

    def writes(self, request: Any) -> bool:
        storage: Any = get_messages(request)
        return not isinstance(storage, list) and bool(storage.used or storage.added_new)  # [] where there is no storage
