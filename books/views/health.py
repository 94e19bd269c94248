import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from books.models import Book, Job, Worker
from books.views.base import CatalogueView
from books.web import ANYBODY, JSON, json_response
from django41_example.environment import COMMAND

RETRY = {"Retry-After": "5"}
NO_DATABASE = f"cannot be read: is it running, and has `{COMMAND} prepare` run?"
NO_WORKER = f"no worker: is `{COMMAND} work` running?"

log = logging.getLogger(__name__)


class HealthCheck(CatalogueView):
    """Whether the catalogue can be read and jobs are running: 200, or 503 with the reasons."""

    offers = (JSON,)
    rules = {"GET": ANYBODY}
    ignores_accept = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        try:
            await Book.objects.order_by().aexists()
            is_worked = await Worker.objects.alive().aexists() or await Job.objects.leased().aexists()
            found = {"database": "ok", "jobs": "ok" if is_worked else NO_WORKER}
        except DatabaseError as error:
            log.warning("health check: %s", error)
            found = {"database": NO_DATABASE}
        if set(found.values()) == {"ok"}:
            return json_response({"status": "ok", **found})
        return json_response({"status": "failing", **found}, status=503, headers=RETRY)


class HealthCheckLive(HealthCheck):
    """Whether this process responds. It does not query the database."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        return json_response({"status": "ok"})
