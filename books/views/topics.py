from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from books.cache.topics import HeldTopic, topics
from books.models import Topic
from books.views.base import CatalogueView
from books.views.lists import answer_books
from books.web import serializers
from books.web.negotiation import HTML, JSON, TEXT, HTTPError
from books.web.permissions import READ


class TopicList(CatalogueView):
    """All topics, with the number of their books."""

    offers = JSON, HTML
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        return answer_topics(self, await topics.aget())


class Refresh(CatalogueView):
    """The topics, read again now. Nobody needs it: what is held in memory is never old. It is for who doubts that."""

    offers = JSON, HTML
    rules = {"GET": READ, "POST": READ}

    async def get(self, request: HttpRequest) -> HttpResponse:
        response = answer_topics(self, await topics.aread_anew())
        response.headers["Cache-Control"] = "no-store"
        return response

    async def post(self, request: HttpRequest) -> HttpResponse:
        return await self.get(request)


def answer_topics(view: CatalogueView, by_slug: Mapping[str, HeldTopic]) -> HttpResponse:
    entries = [serializers.topic(topic.slug, topic.name, topic.books) for topic in by_slug.values()]
    return view.respond({"topics": entries}, "books/topic_list.html")


class TopicDetail(CatalogueView):
    """One topic, and the books filed under it."""

    offers = JSON, HTML, TEXT
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        try:
            topic = await Topic.objects.aget(slug=slug)
        except Topic.DoesNotExist:
            raise HTTPError(404, "There is no such topic. All topics are at /topics/.") from None
        about = {"slug": topic.slug, "url": topic.get_absolute_url(), "name": topic.name}
        return await answer_books(self, "books/topic_detail.html", within=("topic", topic.slug), about=about)
