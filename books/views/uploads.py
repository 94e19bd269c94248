from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from books.views.base import CatalogueView
from books.web.negotiation import HTTPError, error_response


class UploadScreen(CatalogueView):
    """The setting SCREEN_VIEW: asked with the head of a request whose body is larger than forms are.

    The door lets pass whom the address would; so nobody else fills the disk.
    """

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        view = getattr(request.resolver_match.func, "view_class", None)  # type: ignore[union-attr]
        if request.method != "POST" or not getattr(view, "takes_uploads", False):
            headers = {"Connection": "close"}
            return error_response(
                request, HTTPError(413, "This is more than we read at once: at most 1 MiB.", headers=headers)
            )
        self.rules = view.rules  # type: ignore[misc, union-attr]
        return await super().dispatch(request, *args, **kwargs)

    async def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(status=204)


screen = UploadScreen.as_view()
