from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views import View

from books.search.index import Behind
from books.views.login_redirect import redirect_to_login
from books.web import parsing
from books.web.authentication import RequestUser, aauthenticate
from books.web.negotiation import HTML, JSON, HTTPError, error_response
from books.web.permissions import LoginRequired, aauthorize


class CatalogueView(View):
    """Django's View, and the one door that every request of the catalogue passes.

    Here what is malformed is refused before a handler sees it, the request is authenticated and authorized, and
    a HTTPError becomes an answer in the client's format.
    """

    user: RequestUser
    takes_uploads = False  # whether a POST may be larger than forms are
    is_public = False  # whether a GET tells everybody the same, from the books, authors and topics alone

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        try:
            parsing.well_formed(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"), "query")
            self.user = request.request_user = await aauthenticate(request)  # type: ignore[attr-defined]
            if request.method in self.methods() and request.method != "OPTIONS":
                await aauthorize(request, self.user)
            response: HttpResponseBase = await super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except Behind as behind:
            response = error_response(request, HTTPError(503, str(behind), headers={"Retry-After": "5"}))
        except HTTPError as refusal:
            response = self._refused(request, refusal)
        patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        if self._knows_who_asks(request):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        elif self.is_public and request.method in {"GET", "HEAD"} and response.status_code in {200, 301, 304, 404}:
            # Anybody may keep it, and asks each time whether it is still so: then the answer is never an old one.
            response.headers.setdefault("Cache-Control", "public, no-cache")
        return response

    def _refused(self, request: HttpRequest, refusal: HTTPError) -> HttpResponse:
        """The refusal; a browser that is to sign in is led there."""
        if not isinstance(refusal, LoginRequired) or request.get_preferred_type([JSON, HTML]) != HTML:
            return error_response(request, refusal)
        try:
            return redirect_to_login(request)
        except HTTPError as unreadable:  # is the form that came with it
            return error_response(request, unreadable)

    def _knows_who_asks(self, request: HttpRequest) -> bool:
        return "Authorization" in request.headers or settings.SESSION_COOKIE_NAME in request.COOKIES

    def methods(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if hasattr(self, name)]

    async def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        allowed = ", ".join(self.methods())
        detail = f"{request.method} is not for this address, which takes {allowed}."
        raise HTTPError(405, detail, headers={"Allow": allowed})
