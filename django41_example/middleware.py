"""Middlewares of our own, and Django's where ours differ."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware import common
from django.urls import get_callable
from django.utils.decorators import async_only_middleware

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class PermanentRedirect(HttpResponsePermanentRedirect):
    """308: the client repeats the same method with the same body, so that a POST stays a POST."""

    status_code = 308


class CommonMiddleware(common.CommonMiddleware):
    """Django's, but a POST to `/books` is led to `/books/` instead of being lost on the way or refused."""

    response_redirect_class = PermanentRedirect

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return request.get_full_path(force_append_slash=True)


@async_only_middleware
def same_origin_writes(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """The one rule against requests that another site makes a visitor's browser send (CSRF).

    Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`) and let no page change that; programs such
    as curl say nothing, and carry nobody's rights by themselves. So a write that names a foreign site is refused,
    and our forms need neither a token nor a cookie to match it.
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
