from django.http import HttpRequest, HttpResponse

from books.openapi.description import description
from books.views.base import CatalogueView
from books.web import ANYBODY, JSON, json_response

MAX_AGE = 3600  # seconds


class OpenApi(CatalogueView):
    """The catalogue described for programs, the same for everybody. It does not ask the database."""

    offers = (JSON,)
    rules = {"GET": ANYBODY}
    ignores_accept = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        return json_response(description(), headers={"Cache-Control": f"public, max-age={MAX_AGE}"})
