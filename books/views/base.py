from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views import View

from books import incoming
from books.negotiation import Refusal, refuse


class CatalogueView(View):
    """Django's View, and the one door that every request of the catalogue passes.

    Here what is malformed is refused before a handler sees it, a Refusal becomes an answer in the client's format,
    and permission is asked (today everybody may do everything).
    """

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        try:
            incoming.well_formed(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"), "query")
            response: HttpResponseBase = await super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except Refusal as refusal:
            response = refuse(request, refusal)
        patch_vary_headers(response, ["Accept"])
        return response

    async def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        allowed = ", ".join(name.upper() for name in self.http_method_names if hasattr(self, name))
        raise Refusal(
            405, f"{request.method} is not for this address, which takes {allowed}.", headers={"Allow": allowed}
        )
