from django.conf import settings
from django.http import HttpRequest, HttpResponse

from books.lab.experiment import IN_PRODUCTION, laboratory
from books.lab.guide import CLIENTS, WAYS, as_dict
from books.lab.latency import outline
from books.views.base import CatalogueView
from books.web.negotiation import HTML, JSON, HTTPError
from books.web.permissions import READ


class Lab(CatalogueView):
    """Ways to wait for something slow, to be run one beside the other."""

    offers = JSON, HTML
    rules = {"GET": READ}

    async def get(self, request: HttpRequest) -> HttpResponse:
        context = {"clients": [source._asdict() for source in CLIENTS], "refusal": IN_PRODUCTION * settings.PRODUCTION}
        return self.respond(as_dict(), "lab/lab.html", context=context)


class LabWay(CatalogueView):
    """One way, run now: what it answered, and how long others waited meanwhile."""

    offers = JSON, HTML
    rules = {"GET": READ}

    async def get(self, request: HttpRequest, way: str) -> HttpResponse:
        if way not in WAYS:
            raise HTTPError(404, "There is no such way to wait. All are at /lab/.")
        result = await laboratory.arun(WAYS[way], request)
        context = {"way": WAYS[way].as_dict(), "outline": outline(result["others"]["each_ms"], 600, 120)}
        response = self.respond(result, "lab/way.html", context=context)
        response.headers["Cache-Control"] = "no-store"
        return response
