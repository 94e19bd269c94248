from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from books.cache.topics import CachedTopic, arefresh_topics, atopics
from books.models import Topic, TopicName
from books.views.base import CatalogueView
from books.views.lists import respond_with_books
from books.views.names import NameView, address_of, afor_editors, agone, apatch
from books.web import serializers
from books.web.negotiation import HTML, JSON, TEXT
from books.web.permissions import CHANGE, READ


class TopicList(CatalogueView):
    """All topics, with the number of their books."""

    offers = JSON, HTML
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        return respond_with_topics(self, await atopics())


class Refresh(CatalogueView):
    """The topics, read from the database now. Nobody needs this, for what is cached is never stale; it proves that."""

    offers = JSON, HTML
    rules = {"GET": READ, "POST": READ}

    async def get(self, request: HttpRequest) -> HttpResponse:
        response = respond_with_topics(self, await arefresh_topics())
        response.headers["Cache-Control"] = "no-store"
        return response

    async def post(self, request: HttpRequest) -> HttpResponse:
        return await self.get(request)


def respond_with_topics(view: CatalogueView, by_slug: Mapping[str, CachedTopic]) -> HttpResponse:
    entries = [serializers.topic(topic.slug, topic.name, topic.books) for topic in by_slug.values()]
    return view.respond({"topics": entries}, "books/topic_list.html")


class TopicDetail(NameView):
    """One topic, and the books filed under it. PATCH renames the topic, or merges two."""

    kind = "topic"
    offers = {"GET": (JSON, HTML, TEXT), "PATCH": (JSON,)}
    rules = {"GET": READ, "PATCH": CHANGE}
    is_public = True

    async def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        topic = (await atopics()).get(slug)
        if topic is None:
            raise await agone(request, self.kind, slug)
        names = [
            name async for name in TopicName.objects.filter(of=topic.id).order_by("pk").values_list("name", flat=True)
        ]
        about = {"slug": slug, "url": address_of(self.kind, slug), "name": topic.name, "version": topic.version}
        about["names"] = names
        shown = await afor_editors(self, Topic(slug=slug))
        return await respond_with_books(self, "books/topic_detail.html", about, shown, topic=slug)

    async def patch(self, request: HttpRequest, slug: str) -> HttpResponse:
        return await apatch(self, await self.aget_named(slug=slug))
