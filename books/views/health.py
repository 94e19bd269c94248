import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from books.models import Book
from books.negotiation import json_response
from books.views.base import CatalogueView

log = logging.getLogger(__name__)


class HealthCheck(CatalogueView):
    """Whether the catalogue can be read: 200, or 503 with what is wrong."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        try:
            await Book.objects.order_by().aexists()
        except DatabaseError as error:
            log.warning("health check: %s", error)
            wrong = {"status": "failing", "database": "cannot be read: is it running, and has `manage.py migrate` run?"}
            return json_response(wrong, status=503, headers={"Retry-After": "5"})
        return json_response({"status": "ok", "database": "ok"})


class HealthCheckLive(CatalogueView):
    """Whether this process answers. Asks nothing of the database."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        return json_response({"status": "ok"})
