from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from books.cache.topics import atopics
from books.exporting import EXPORT_FORMATS
from books.models import Book, BookQuerySet
from books.views.base import CatalogueView
from books.views.catalogue import first_steps
from books.views.frames import render_with_holes
from books.views.job_page import alatest
from books.web import HTML, READ, serializers
from books.web.serializers import list_entries
from django41_example.server.threads import in_thread

NEWEST, TOPICS = 12, 24  # shown
LISTS = {"books": "book_list", "authors": "author_list", "series": "series_list", "topics": "topic_list"}
OTHERS = ("refresh", "health_check", "opds", "opds2", "opensearch", "openapi")
VIEWS = {**LISTS, "jobs": "job_list", **{name: name for name in OTHERS}}
VIEWS |= {f"export_{name}": f"export_{name}" for name in EXPORT_FORMATS}
PARAMETERS = {"books": "{?q,author,topic,language,year,sort,size}", "authors": "{?q,size}", "series": "{?q,size}"}


class Home(CatalogueView):
    """The home page, with the newest books and the topics; for programs, an index of URLs."""

    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        if self.media_type == HTML:
            return await render_with_holes(self, "home.html", self.acontext, holes={})
        return self.respond(self.addresses(), "home.html")

    def addresses(self) -> dict[str, str]:
        views = VIEWS | ({"lab": "lab"} if settings.LAB else {})
        return {name: reverse(view) + PARAMETERS.get(name, "") for name, view in views.items()}

    async def acontext(self) -> dict[str, object]:
        newest = Book.objects.order_by("-id").values_list(*BookQuerySet.LIST_COLUMNS)[:NEWEST]
        by_books = sorted((await atopics()).values(), key=lambda topic: (-topic.books, topic.slug))
        return {
            **self.addresses(),
            "newest": list_entries([row async for row in newest]),
            "topics": [serializers.topic(*topic) for topic in by_books[:TOPICS]],
            "read_at": timezone.now(),
            "steps": await in_thread(first_steps) if "can_change_settings" in self.user.rights else None,
            "latest_jobs": await alatest() if "can_view_jobs" in self.user.rights else [],
        }
