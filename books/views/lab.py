from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.lab.experiment import IN_PRODUCTION, laboratory
from books.lab.guide import CASES, CLIENTS, serialized
from books.lab.latency import outline
from books.views.base import CatalogueView
from books.web import READ, HTTPError


class Lab(CatalogueView):
    """Ways to wait for something slow, to run and compare."""

    rules = {"GET": READ}

    async def get(self, request: HttpRequest) -> HttpResponse:
        context = {"clients": [source._asdict() for source in CLIENTS], "refusal": IN_PRODUCTION * settings.PRODUCTION}
        return self.respond(serialized(), "lab/lab.html", context=context)


class LabCase(CatalogueView):
    """Runs a case: its response, and how long other requests waited."""

    rules = {"GET": READ}

    async def get(self, request: HttpRequest, case: str) -> HttpResponse:
        if case not in CASES:
            raise HTTPError(404, f"There is no such case. All cases are at {reverse('lab')}.")
        result = await laboratory.arun(CASES[case], request)
        context = {"case": CASES[case].serialized(), "outline": outline(result["others"]["each_ms"], 600, 120)}
        response = self.respond(result, "lab/case.html", context=context)
        response.headers["Cache-Control"] = "no-store"
        return response
