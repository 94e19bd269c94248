"""The settings of the catalogue, and the first steps that the home page shows to a new owner."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.cache.catalogue import acatalogue_name
from books.forms.catalogue import CatalogueForm
from books.models import Book, BookQuerySet
from books.models.catalogue import STARTER_KEYS, Catalogue, change_catalogue
from books.views.base import CatalogueView
from books.web import JSON, SeeOther, parsing
from books.web.permissions import SETTINGS
from django41_example.server.threads import in_thread

TEMPLATE = "catalogue.html"


class CatalogueSettings(CatalogueView):
    """The name of the catalogue. POST changes it, keeps the samples, or ends the first steps."""

    rules = {"GET": SETTINGS, "POST": SETTINGS}

    async def get(self, request: HttpRequest) -> HttpResponse:
        data = {"name": await acatalogue_name()}
        context = {"form": CatalogueForm(initial=data), "has_samples": await samples().aexists()}
        return self.respond(data, TEMPLATE, context=context)

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = CatalogueForm(await in_thread(parsing.fields, request, CatalogueForm))
        if not form.is_valid():
            return self.respond_again(form, TEMPLATE)
        if changes := form.changes():
            await sync_to_async(change_catalogue)(**changes)
        if self.media_type == JSON:
            return self.respond({"name": await acatalogue_name()}, TEMPLATE)
        messages.success(request, "Saved.")
        return SeeOther(reverse("home"))


def samples() -> BookQuerySet:
    return Book.objects.filter(source_key__in=STARTER_KEYS)


def first_steps() -> dict[str, Any] | None:
    """The first steps and whether a new owner has done them; None once they are done or dismissed."""
    catalogue = Catalogue.objects.filter(pk=1).first() or Catalogue()
    if catalogue.is_set_up:
        return None
    steps = {
        "is_named": bool(catalogue.name),
        "has_books": Book.objects.exclude(source_key__in=STARTER_KEYS).exists(),
        "has_decided": catalogue.keeps_samples or not samples().exists(),
    }
    return None if all(steps.values()) else {**steps, "samples": len(STARTER_KEYS)}
