from django.http import HttpRequest, HttpResponse

from books import presenting
from books.models import Topic
from books.negotiation import Refusal, respond
from books.views.base import CatalogueView
from books.views.lists import answer_books


class TopicList(CatalogueView):
    """All topics, with the number of their books."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        rows = Topic.objects.with_counts().order_by("slug").values_list("slug", "name", "books_count")
        return respond(request, {"topics": [presenting.topic(*row) async for row in rows]}, "books/topic_list.html")


class TopicDetail(CatalogueView):
    """One topic, and the books filed under it."""

    async def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        try:
            topic = await Topic.objects.aget(slug=slug)
        except Topic.DoesNotExist:
            raise Refusal(404, "There is no such topic. All topics are at /topics/.") from None
        about = {"slug": topic.slug, "url": topic.get_absolute_url(), "name": topic.name}
        return await answer_books(request, "books/topic_detail.html", within=("topic", topic.slug), about=about)
