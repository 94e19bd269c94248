from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views import View

from books.cache.catalogue import acatalogue_name
from books.models import Actor, Channel
from books.views.login_redirect import redirect_to_login
from books.web import HTML, JSON, TEXT, HTTPError, errors_of, page, parsing
from books.web.authentication import ANONYMOUS, RequestUser, aauthenticate
from books.web.errors import REFUSED, http_error
from books.web.form_data import StrictMultiPartParser
from books.web.negotiation import Page, as_json, error_response, error_type, preferred_type
from books.web.permissions import CHANGE, READ, LoginRequired, Rule, aauthorize, ais_still_allowed, arequire
from django41_example.server.thread_pool import remember_user
from django41_example.server.threads import in_thread

Offers = tuple[str, ...] | Mapping[str, tuple[str, ...]]


class CatalogueView(View):
    """Django's View, plus what every request to the catalogue needs.

    It rejects malformed queries, authenticates and authorizes the request, negotiates the media type, renders the page
    in the request's thread, and turns an HTTPError into a response in the client's format.
    """

    rules: ClassVar[Mapping[str, Rule]] = {}  # by method; HEAD is as GET
    # Media types, the first for clients that accept anything; by method if they differ.
    offers: ClassVar[Offers] = JSON, HTML
    ignores_accept: ClassVar[bool] = False  # whether it always answers in its own media type, as files do
    is_public = False  # whether a GET is the same for everybody, and made of books.cache.triggers.TABLES alone
    is_download = False  # whether a GET streams a long file
    takes_uploads = False  # whether a POST may be larger than forms are

    aauthenticate = staticmethod(aauthenticate)
    user: RequestUser
    media_type: str  # of the answer, as negotiated

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        is_own = is_personal(request)
        try:
            handler = await self._admit(request, is_own=is_own)
            response: HttpResponseBase = await handler(request, *args, **kwargs)
        except HTTPError as error:
            response = self._error(request, error)
        except REFUSED as error:
            response = error_response(request, http_error(error))
        vars(self).pop("head", None)  # Django's `setup` puts the view into itself: a cycle, as in server.handler.close
        if isinstance(response, Page) and not response.content:  # a sign-in page too, which stands for an error
            await in_thread(response.rendered)
        if request.method == "HEAD" and response.streaming:  # the stream must not begin
            response.streaming_content = (await part for part in ())  # type: ignore[attr-defined, var-annotated]
        if response.has_header("Vary"):
            patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        else:
            response.headers["Vary"] = "Accept, Authorization, Cookie"
        if is_own:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        elif self.is_public and request.method in {"GET", "HEAD"} and response.status_code in {200, 301, 304, 404}:
            # Any cache may store it and must revalidate it each time, so nobody gets a stale response.
            response.headers.setdefault("Cache-Control", "public, no-cache")
        return response

    async def _admit(self, request: HttpRequest, *, is_own: bool) -> Callable[..., Awaitable[HttpResponseBase]]:
        """The method that answers the request, once it may; raises HTTPError."""
        query, method = request.META.get("QUERY_STRING", ""), "GET" if request.method == "HEAD" else str(request.method)
        scope = getattr(request, "scope", {})
        is_upload = method == "POST" and self.takes_uploads
        if scope.get("is_too_large") and not is_upload:
            raise HTTPError(413, parsing.TOO_LARGE, headers={"Connection": "close"})
        if "%" in query or not query.isascii():
            parsing.check_encoding(query.encode("latin-1", "replace"), "query")
        if method != "GET":  # to a GET the response cache answers, which knows no such header
            parsing.refuse_compressed(request)
            request.multipart_parser_class = StrictMultiPartParser  # type: ignore[assignment]
        self.user = user = await self.aauthenticate(request) if is_own else ANONYMOUS
        request.request_user = user  # type: ignore[attr-defined]
        if user.account and scope:
            remember_user(scope, user.account.pk)
        handler = getattr(self, method.lower(), None) if method.lower() in self.http_method_names else None
        if handler is None or method == "OPTIONS":
            return handler or self.http_method_not_allowed
        if self.rules.get(method) is not READ or settings.READ_REQUIRES_LOGIN:  # else everybody may
            await aauthorize(request, self.rules)
        offers = self.offers if isinstance(self.offers, tuple) else self.offers_of(method)
        self.media_type = preferred_type(request, *offers) if offers and not self.ignores_accept else ""
        if self.media_type == HTML:
            await acatalogue_name()  # which the page shows
        if receive_body := scope.get("receive_body"):
            # A large body is received now: nobody who may not send it here can fill memory or the disk.
            if is_upload:
                await arequire(user, CHANGE)  # an upload is a list to import
            if user.account is None:  # no form for everybody is as large
                raise HTTPError(413, parsing.TOO_LARGE, headers={"Connection": "close"})
            await receive_body(request)
            if not await ais_still_allowed(request, self.rules):  # after perhaps an hour
                raise LoginRequired
        return handler  # type: ignore[no-any-return]

    @property
    def actor(self) -> Actor:
        """Who writes, and through which channel: a page if the response is one, else the API."""
        return self.user.actor(Channel.PAGE if self.media_type == HTML else Channel.API)

    def _error(self, request: HttpRequest, error: HTTPError) -> HttpResponse:
        """The error response; a browser that is not signed in is redirected to the sign-in page."""
        if not isinstance(error, LoginRequired) or error_type(request) != HTML:
            return error_response(request, error)
        try:
            return redirect_to_login(request)
        except HTTPError as error_of_form:
            return error_response(request, error_of_form)

    def respond(
        self,
        data: Mapping[str, Any],
        template: str,
        *,
        text: str | None = None,
        context: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> HttpResponse:
        """The data in the media type that was negotiated; `context` is what the page shows besides it."""
        if self.media_type == HTML:
            return page(self.request, template, {**data, **(context or {})}, **how)
        if self.media_type == TEXT and text is not None:
            return HttpResponse(text, content_type=f"{TEXT}; charset=utf-8", **how)
        return HttpResponse(as_json(data), content_type=JSON, **how)

    def respond_again(
        self,
        form: BaseForm,
        template: str,
        *,
        status: int = 422,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HttpResponse:
        """The form with what was typed and its errors; as JSON only the errors."""
        errors, context = {"errors": errors_of(form)}, {"form": form, **context}
        return self.respond(errors, template, context=context, status=status, headers=headers)

    def offers_of(self, method: str) -> tuple[str, ...]:
        return self.offers if isinstance(self.offers, tuple) else self.offers.get(method, ())

    def methods(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if hasattr(self, name)]

    async def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        allowed = ", ".join(self.methods())
        raise HTTPError(405, f"This URL takes {allowed}, not {request.method}.", headers={"Allow": allowed})


class FormView(CatalogueView):
    """A form: a page for browsers, but programs too may send it."""

    offers = {"GET": (HTML,), "POST": (JSON, HTML)}


def is_personal(request: HttpRequest) -> bool:
    """Whether it may be answered differently from everybody else's."""
    has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
    return has_cookie or "HTTP_AUTHORIZATION" in request.META or "remote_user" in getattr(request, "scope", {})
