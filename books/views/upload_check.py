from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from books.views.base import CatalogueView
from books.views.login_redirect import too_long_to_carry
from books.web.negotiation import HTML, HTTPError, error_response, error_type
from books.web.parsing import TOO_LARGE
from books.web.permissions import ANYBODY, CHANGE, LoginRequired, arequire


class UploadCheck(CatalogueView):
    """Checks a request with a large body before the body is received.

    It applies the methods and rules of the view for that body, so that nobody else can fill memory or the disk.
    """

    offers = ()

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        view: Any = getattr(request.resolver_match.func, "view_class", None)  # type: ignore[union-attr]
        takes_uploads = request.method == "POST" and getattr(view, "takes_uploads", False)
        if request.scope["is_too_large"] and not takes_uploads:  # type: ignore[attr-defined]
            return error_response(request, HTTPError(413, TOO_LARGE, headers={"Connection": "close"}))
        self.view, self.takes_uploads = view or type(self), takes_uploads
        # Django's own views, such as the admin's, declare no rules: anyone with an account may send large bodies.
        has_rules = hasattr(view, "rules") and request.method in self.methods()
        self.rules = view.rules if has_rules else {str(request.method): ANYBODY}  # type: ignore[misc]
        return await super().dispatch(request, *args, **kwargs)

    def _error(self, request: HttpRequest, error: HTTPError) -> HttpResponse:
        is_form = isinstance(error, LoginRequired) and error_type(request) == HTML
        return error_response(request, too_long_to_carry() if is_form else error)

    def methods(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if hasattr(self.view, name)]

    async def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in self.methods():
            return await self.http_method_not_allowed(request)
        if self.takes_uploads:
            await arequire(self.user, CHANGE)  # an upload is a file to import
        if self.user.account is None:  # no public form is as large
            return error_response(request, HTTPError(413, TOO_LARGE, headers={"Connection": "close"}))
        return HttpResponse(status=204)

    put = patch = delete = post


upload_check = UploadCheck.as_view()
