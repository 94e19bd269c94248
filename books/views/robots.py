"""Descriptions of the site for robots, browsers' search boxes and programs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from books.cache.catalogue import acatalogue_name
from books.feeds import opds, sitemap
from books.feeds.opensearch import description
from books.feeds.xml import respond_xml
from books.openapi.description import description as api_description
from books.views.base import CatalogueView
from books.views.exports import streaming_response
from books.views.feeds import origin
from books.views.login import BasicAuthView
from books.web import ANYBODY, JSON, READ, TEXT, HTTPError, json_response
from django41_example.server.threads import in_thread

CACHED = {"Cache-Control": "public, max-age=3600"}  # seconds, as it only changes with the settings
XML = "application/xml"
NOTHING_TO_LIST = "This sitemap is empty. All sitemaps are listed in /sitemap.xml."
# Filters have endless combinations, and the sitemap lists every book.
NOT_FOR_ROBOTS = [
    *("/*?", "/accounts/", "/admin/", "/jobs/", "/lookup/", "/lab/"),
    *("/books.", "/books/*.", "/books/new/"),  # files with many books
]


class OpenSearch(BasicAuthView):
    """Tells browsers and reading apps how to search here. An app sends its password along."""

    offers = (opds.OPENSEARCH,)
    rules = {"GET": ANYBODY}
    ignores_accept = True
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        return respond_xml(description(origin(request), await acatalogue_name()), opds.OPENSEARCH)


class Robots(CatalogueView):
    """The rules for robots."""

    offers = (TEXT,)
    rules = {"GET": ANYBODY}
    ignores_accept = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        closed = ["/"] if settings.READ_REQUIRES_LOGIN else NOT_FOR_ROBOTS
        lines = ["User-agent: *", *(f"Disallow: {settings.SCRIPT_NAME}{path}" for path in closed)]
        if not settings.READ_REQUIRES_LOGIN:
            lines += ["", f"Sitemap: {origin(request)}{reverse('sitemap')}"]
        return HttpResponse("\n".join([*lines, ""]), content_type=f"{TEXT}; charset=utf-8", headers=CACHED)


class Sitemap(CatalogueView):
    """The index of the sitemap's files."""

    offers = (XML,)
    rules = {"GET": READ}
    ignores_accept = True
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        index = await in_thread(sitemap.index, origin(request))
        if index is None:
            raise HTTPError(404, f"There is nothing to list yet. Add the first book at {reverse('book_new')}.")
        return HttpResponse(index, content_type=f"{XML}; charset=utf-8")


class SitemapFile(CatalogueView):
    """A file of the sitemap, streamed."""

    offers = (XML,)
    rules = {"GET": READ}
    ignores_accept = True
    is_download = True
    pages = sitemap.PAGES["books"]

    async def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not await in_thread(self.pages.has, pk):
            raise HTTPError(404, NOTHING_TO_LIST)
        return streaming_response(request, self.pages.file(pk, origin(request)), f"{XML}; charset=utf-8")


class OpenApi(CatalogueView):
    """The API's description, the same for everybody. It does not query the database."""

    offers = (JSON,)
    rules = {"GET": ANYBODY}
    ignores_accept = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        return json_response(api_description(), headers=CACHED)
