from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from books.views.base import CatalogueView
from books.web.negotiation import HTTPError, error_response
from books.web.parsing import TOO_LARGE
from books.web.permissions import CHANGE, arequire


class UploadScreen(CatalogueView):
    """The upload pre-check: answers the headers of a request whose body is larger than a form, before it is received.

    It applies the rules of the view that the upload is for, so that nobody else can fill the disk.
    """

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        view = getattr(request.resolver_match.func, "view_class", None)  # type: ignore[union-attr]
        if request.method != "POST" or not getattr(view, "takes_uploads", False):
            return error_response(request, HTTPError(413, TOO_LARGE, headers={"Connection": "close"}))
        self.rules = view.rules  # type: ignore[misc, union-attr]
        return await super().dispatch(request, *args, **kwargs)

    async def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        await arequire(self.user, CHANGE)  # an upload is a list to import
        return HttpResponse(status=204)


screen = UploadScreen.as_view()
