from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from books.cache.topics import CachedTopic, arefresh_topics, atopics
from books.views.letters import with_letters
from books.views.name_pages import NameDetail, NameList
from books.web import HTML, READ, serializers
from django41_example.server.threads import in_thread


class TopicList(NameList):
    """All topics, with the number of their books."""

    kind = "topic"

    async def get(self, request: HttpRequest) -> HttpResponse:
        return await in_thread(self.respond_with_topics, await atopics())

    def respond_with_topics(self, by_slug: Mapping[str, CachedTopic]) -> HttpResponse:
        entries = [serializers.topic(*topic) for topic in by_slug.values()]
        rows, letters = with_letters(entries) if self.media_type == HTML else (entries, [])
        return self.respond_with_names({"topics": entries}, rows, letters)


class Refresh(TopicList):
    """Reads the topics from the database. Nobody needs this, as cached topics are never stale; it can prove that."""

    rules = {"GET": READ, "POST": READ}
    is_public = False

    async def get(self, request: HttpRequest) -> HttpResponse:
        response = await in_thread(self.respond_with_topics, await arefresh_topics())
        response.headers["Cache-Control"] = "no-store"
        return response

    post = get


class TopicDetail(NameDetail):
    """A topic with its books. PATCH renames it, or merges two."""

    kind = "topic"
