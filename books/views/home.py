from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from books.models import Book, Topic
from books.negotiation import HTML, JSON, preferred, respond
from books.presenting import list_entry, topic
from books.views.base import CatalogueView
from books.views.job_reading import alatest

NEWEST = 12  # books shown
ADDRESSES = {
    "books": "/books/{?q,author,topic,language,year,sort,size}",
    "authors": "/authors/{?q,size}",
    "topics": "/topics/",
    "jobs": "/jobs/",
    "export_csv": "/books.csv",
    "export_jsonl": "/books.jsonl",
    "health_check": "/health_check/",
    "openapi": "/openapi.json",
}


class Home(CatalogueView):
    """Where one begins: a page with the newest books and the topics; to programs an index of addresses."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        context = await self.around() if preferred(request, JSON, HTML) == HTML else {}
        return respond(request, ADDRESSES, "home.html", context=context)

    async def around(self) -> dict[str, object]:
        newest = Book.objects.order_by("-id").values(*Book.objects.all().LIST_COLUMNS)[:NEWEST]
        topics = Topic.objects.with_counts().order_by("-books_count", "slug").values_list("slug", "name", "books_count")
        return {
            "newest": [list_entry(row) async for row in newest],
            "topics": [topic(*row) async for row in topics[:24]],
            "read_at": timezone.now(),
            "latest_jobs": await alatest() if self.visitor.sees_jobs else [],
        }
