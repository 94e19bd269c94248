import json
from collections.abc import Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.cache import get_conditional_response

from books.metadata import covers, isbn, languages
from books.models import Author, Book, Change, Channel
from books.search.compiled_query import Rows, Statement, aread
from books.views.base import CatalogueView
from books.views.history import achanges
from books.views.writes import MERGED, NO_BOOK, STALE, change, refusals
from books.web import parsing, serializers
from books.web.authentication import RequestUser
from books.web.negotiation import HTML, JSON, HTTPError, json_response, preferred, respond


class BookDetail(CatalogueView):
    """One book: GET reads it, PUT writes all its fields, PATCH those given, DELETE takes it out."""

    is_public = True

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        kind = preferred(request, JSON, HTML)
        try:
            book = await abook_or_404(pk)
        except Moved as moved:
            return HttpResponsePermanentRedirect(moved.address)
        authors = Author.objects.filter(bookauthor__book=book).order_by("bookauthor__position").values("id", "name")
        shown = (Statement(authors),) if kind == HTML else ()
        topics, *linked = await aread(Statement(book.topics.values("slug", "name")), *shown)
        data = serializers.book(book, [topic["slug"] for topic in topics])
        if kind == HTML:
            context = await aaround(data, linked[0], topics, self.user)
            return respond(request, data, "books/book_detail.html", context=context)
        found = json_response(data, headers={"ETag": etag(data)})
        response = get_conditional_response(request, etag=etag(data), response=found) or found
        if response.status_code == 412:  # Django's has no body
            raise HTTPError(412, STALE)
        return response

    async def put(self, request: HttpRequest, pk: int) -> HttpResponse:
        return await self._write(request, pk, partial=False)

    async def patch(self, request: HttpRequest, pk: int) -> HttpResponse:
        return await self._write(request, pk, partial=True)

    async def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        with refusals():
            await sync_to_async(Book.objects.remove)(pk, parsing.if_match(request), self.user.actor(Channel.API))
        return HttpResponse(status=204)

    async def _write(self, request: HttpRequest, pk: int, *, partial: bool) -> HttpResponse:
        preferred(request, JSON)
        values = parsing.book_record(request, partial=partial)
        with refusals():
            book = await sync_to_async(change)(pk, values, parsing.if_match(request), self.user.actor(Channel.API))
        return json_response(book, headers={"ETag": etag(book)})


def etag(book: Mapping[str, Any]) -> str:
    return f'"{book["version"]}"'


class Moved(HTTPError):
    """The book was merged into another, which is at this address."""

    def __init__(self, into: int) -> None:
        super().__init__(404, MERGED.format(into))
        self.address = reverse("book_detail", args=[into])


async def abook_or_404(pk: int) -> Book:
    try:
        return await Book.objects.aget(pk=pk)
    except Book.DoesNotExist:
        into = await Change.objects.merged_into(pk).afirst()
        raise (Moved(into) if into else HTTPError(404, NO_BOOK)) from None


async def aaround(data: Mapping[str, Any], authors: Rows, topics: Rows, user: RequestUser) -> dict[str, Any]:
    """What the page of a book shows besides its data."""
    return {
        "author_links": [serializers.link("author_detail", row["id"], row["name"]) for row in authors],
        "topic_links": [serializers.link("topic_detail", row["slug"], row["name"]) for row in topics],
        "language_name": languages.name(data["language"]) if data["language"] else "",
        "isbn_hyphenated": isbn.hyphenated(data["isbn13"]) if data["isbn13"] else "",
        "cover": covers.cover(data["title"], data["authors"]),
        "json_ld": json_ld(data),
        "changes": (await achanges(data["id"], user))[:5],
    }


def json_ld(data: Mapping[str, Any]) -> str:
    """The book in schema.org's terms, safe to stand in a <script> element."""
    facts = {
        "@context": "https://schema.org",
        "@type": "Book",
        "name": data["title"],
        "alternativeHeadline": data["subtitle"],
        "author": [{"@type": "Person", "name": name} for name in data["authors"]],
        "isbn": data["isbn13"],
        "publisher": data["publisher"] and {"@type": "Organization", "name": data["publisher"]},
        "datePublished": f"{data['published_year']:04}" if (data["published_year"] or -1) > 0 else None,
        "inLanguage": data["language"],
        "numberOfPages": data["pages"],
        "description": data["description"],
        "about": data["topics"],
        "isPartOf": data["series"] and {"@type": "BookSeries", "name": data["series"]},
    }
    text = json.dumps({name: value for name, value in facts.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
