import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import batched
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db.models import BigIntegerField
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.cache import get_conditional_response

from books.feeds.json_ld import json_ld
from books.metadata import covers, isbn, roles
from books.metadata.series import Place
from books.models import Book, BookAuthor, BookSeries, BookTopic, Change, MergedAway, StaleVersion
from books.search.compiled_query import CompiledQuery, Parameter
from books.views.base import CatalogueView
from books.views.book_shelves import shelves
from books.views.history import changes
from books.views.writes import change
from books.web import CHANGE, DELETE, HTML, JSON, READ, RequestUser, amay, json_response, parsing, serializers
from django41_example.server.threads import in_thread

LIST = re.compile(rf"{re.escape(settings.SCRIPT_NAME or '')}(/books/|/(authors|series|topics)/[^/]+/)")
PK = Parameter("pk", BigIntegerField())
BOOK = CompiledQuery(Book.objects.filter(pk=PK).values_list(*serializers.BOOK_COLUMNS))
TOPICS = CompiledQuery(
    BookTopic.objects.filter(book=PK).order_by("topic__slug").values_list("topic__slug", "topic__name")
)
PEOPLE = CompiledQuery(
    BookAuthor.objects.filter(book=PK).order_by("position").values_list("author_id", "author__name", "role")
)
PLACES = CompiledQuery(
    BookSeries.objects.filter(book=PK)
    .with_neighbours()
    .order_by("position")
    .values_list("series_id", "series__name", "number", "label", "previous", "previous_title", "next", "next_title")
)


class BookDetail(CatalogueView):
    """One book: GET reads it, PUT writes all its fields, PATCH those given, DELETE deletes it."""

    offers = {"GET": (JSON, HTML), "PUT": (JSON,), "PATCH": (JSON,), "DELETE": ()}
    rules = {"GET": READ, "PUT": CHANGE, "PATCH": CHANGE, "DELETE": DELETE}
    is_public = True

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            data, context = await in_thread(read, pk, self.user if self.media_type == HTML else None)
        except MergedAway as merged:
            return HttpResponsePermanentRedirect(reverse("book_detail", args=[merged.into]))
        except Book.DoesNotExist:
            if self.media_type == HTML and await amay(self.user, CHANGE):
                return await self._offer_to_restore(pk)
            raise
        if self.media_type == JSON:
            return conditional(request, data)
        back = list_before(request) if self.user.account else None  # the page is public
        return self.respond(data, "books/book_detail.html", context={**context, "back": back})

    async def _offer_to_restore(self, pk: int) -> HttpResponse:
        deletion = await Change.objects.filter(book_id=pk).select_related("user").order_by("-pk").afirst()
        if deletion is None:
            raise Book.DoesNotExist
        context = {
            "book": pk,
            "title": deletion.before().get("title", ""),
            "at": deletion.at,
            "by": deletion.user.get_username() if deletion.user else None,
            "undo_url": reverse("change_undo", args=[pk, deletion.pk]),
        }
        return self.respond({}, "books/book_deleted.html", context=context, status=404)

    async def put(self, request: HttpRequest, pk: int) -> HttpResponse:
        return await self._write(request, pk, partial=False)

    async def patch(self, request: HttpRequest, pk: int) -> HttpResponse:
        return await self._write(request, pk, partial=True)

    async def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        await sync_to_async(Book.objects.remove)(pk, parsing.if_match(request), self.actor)
        return HttpResponse(status=204)

    async def _write(self, request: HttpRequest, pk: int, *, partial: bool) -> HttpResponse:
        values, shares = await in_thread(parsing.book_record, request, partial=partial)
        book = await sync_to_async(change)(pk, values, parsing.if_match(request), self.actor, shares_isbn=shares)
        return json_response(book, headers={"ETag": etag(book)})


async def aget_book(pk: int) -> Book:
    """Raises Book.DoesNotExist, MergedAway."""
    try:
        return await Book.objects.aget(pk=pk)
    except Book.DoesNotExist:
        raise await in_thread(Book.objects.missing, pk) from None


def etag(book: Mapping[str, Any]) -> str:
    return f'"{book["version"]}"'


def conditional(request: HttpRequest, data: Mapping[str, Any]) -> HttpResponse:
    """The book as JSON; 304 or 412 if the conditions of the request require it."""
    found = json_response(data, headers={"ETag": etag(data)})
    response = get_conditional_response(request, etag=etag(data), response=found) or found
    if response.status_code == 412:  # Django's response has no body
        raise StaleVersion
    return response


def read(pk: int, user: RequestUser | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The data of a book and, for a page, the rest of its data: several statements in one hop.

    Raises Book.DoesNotExist, MergedAway.
    """
    found = BOOK.read(pk=pk)
    if not found:
        raise Book.objects.missing(pk)
    topics = TOPICS.read(pk=pk)
    row = dict(zip(serializers.BOOK_COLUMNS, found[0], strict=True))
    places = PLACES.read(pk=pk) if row["series"] else []
    in_series = [place[:4] for place in places]
    data = serializers.book(row, [slug for slug, _ in topics], in_series)
    if user is None:
        return data, {}
    people = [(serializers.link("author_detail", *row), role) for *row, role in PEOPLE.read(pk=pk)]
    return data, {
        "author_links": [link for link, role in people if role == roles.AUTHOR],
        "contributor_links": [
            {**link, "role": roles.LABELS.get(role, role)} for link, role in people if role != roles.AUTHOR
        ],
        "topic_links": [serializers.link("topic_detail", *row) for row in topics],
        "isbn_hyphenated": isbn.hyphenated(data["isbn13"]) if data["isbn13"] else "",
        "shelves": shelves(data, data["authors"], in_series),
        "neighbours": [neighbours(*place) for place in places],
        "cover": covers.cover(data["title"], data["authors"]),
        "json_ld": json_ld(data),
        "changes": changes(pk, user, 5) if "can_change_books" in user.rights else [],
    }


def list_before(request: HttpRequest) -> str | None:
    """The list from which somebody came, as a path on this site."""
    try:
        found = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # such as http://[
        return None
    if found.netloc != request.get_host() or not LIST.fullmatch(found.path):
        return None
    return f"{found.path}?{found.query}" if found.query else found.path


def neighbours(pk: int, name: str, number: Decimal | None, label: str, *books: Any) -> dict[str, Any]:
    """A series with the books before and after this one, if this one has a number; `books` are ids and titles."""
    previous, following = [
        {"url": reverse("book_detail", args=[book]), "title": title} if book and number is not None else None
        for book, title in batched(books, 2, strict=True)
    ]
    place = Place(name, number, label).written
    url = reverse("series_detail", args=[pk])
    return {"name": name, "url": url, "place": place, "previous": previous, "next": following}
