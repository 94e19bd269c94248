from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from books.cache.topics import CachedTopic, arefresh_topics, atopics
from books.views.base import CatalogueView
from books.views.letters import with_letters
from books.views.name_pages import NameDetail, respond_with_names
from books.web import HTML, JSON, READ, serializers
from django41_example.server.threads import in_thread


class TopicList(CatalogueView):
    """All topics, with the number of their books."""

    offers = JSON, HTML
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        return await in_thread(respond_with_topics, self, await atopics())


class Refresh(CatalogueView):
    """The topics, read from the database now. Nobody needs this: cached topics are never stale, as this can prove."""

    offers = JSON, HTML
    rules = {"GET": READ, "POST": READ}

    async def get(self, request: HttpRequest) -> HttpResponse:
        response = await in_thread(respond_with_topics, self, await arefresh_topics())
        response.headers["Cache-Control"] = "no-store"
        return response

    post = get


def respond_with_topics(view: CatalogueView, by_slug: Mapping[str, CachedTopic]) -> HttpResponse:
    entries = [serializers.topic(topic.slug, topic.name, topic.books) for topic in by_slug.values()]
    rows, letters = with_letters(entries) if view.media_type == HTML else (entries, [])
    return respond_with_names(view, "topic", {"topics": entries}, rows, letters)


class TopicDetail(NameDetail):
    """One topic, and the books filed under it. PATCH renames the topic, or merges two."""

    kind = "topic"
