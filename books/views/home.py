from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from books.cache.topics import atopics
from books.exporting import EXPORT_FORMATS
from books.models import Book
from books.models.book import BookQuerySet
from books.views.base import CatalogueView
from books.views.catalogue import first_steps
from books.views.frames import framed
from books.views.job_page import alatest
from books.web import serializers
from books.web.negotiation import HTML, JSON
from books.web.permissions import READ
from books.web.serializers import list_entry

NEWEST, TOPICS = 12, 24  # shown
ADDRESSES = {
    "books": "/books/{?q,author,topic,language,year,sort,size}",
    "authors": "/authors/{?q,size}",
    "series": "/series/{?q,size}",
    "topics": "/topics/",
    "refresh": "/refresh/",
    "jobs": "/jobs/",
    **{f"export_{name}": f"/books.{known.extension}" for name, known in EXPORT_FORMATS.items()},
    "health_check": "/health_check/",
    "opds": "/opds/",
    "opds2": "/opds2/",
    "opensearch": "/opensearch.xml",
    "openapi": "/openapi.json",
}


class Home(CatalogueView):
    """Where one begins: a page with the newest books and the topics; to programs an index of addresses."""

    offers = JSON, HTML
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        if self.media_type == HTML:
            return await framed(self, "home.html", self.acontext, holes={})
        return self.respond(self.addresses(), "home.html")

    def addresses(self) -> dict[str, str]:
        addresses = ADDRESSES | ({"lab": "/lab/"} if settings.LAB else {})
        return {name: settings.SCRIPT_NAME + address for name, address in addresses.items()}

    async def acontext(self) -> dict[str, object]:
        newest = Book.objects.order_by("-id").values_list(*BookQuerySet.LIST_COLUMNS)[:NEWEST]
        by_books = sorted((await atopics()).values(), key=lambda topic: (-topic.books, topic.slug))
        return {
            **self.addresses(),
            "newest": [list_entry(*row) async for row in newest],
            "topics": [serializers.topic(topic.slug, topic.name, topic.books) for topic in by_books[:TOPICS]],
            "read_at": timezone.now(),
            "steps": await sync_to_async(first_steps)() if "can_change_settings" in self.user.rights else None,
            "latest_jobs": await alatest() if "can_view_jobs" in self.user.rights else [],
        }
