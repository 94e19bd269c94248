"""What every public view may depend on: it is answered from memory for as long as the catalogue stays as it is.

Each public GET runs under a wrapper. It may read only tables whose changes the catalogue's version tells of, and only
headers and cookies that the response cache puts into its key, or whose requests pass it by.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, TestCase
from django.urls import URLPattern, path

from books.cache import triggers
from books.models import Book, Token
from books.urls import urlpatterns
from books.views.base import CatalogueView
from books.web.negotiation import JSON, json_response
from books.web.permissions import READ
from django41_example.server import response_cache

PUBLIC: list[Any] = [
    route
    for route in urlpatterns
    if isinstance(route, URLPattern) and getattr(getattr(route.callback, "view_class", None), "is_public", False)
]
TABLES = {
    *triggers.TABLES,
    "books_change",  # written only with the book that it is about, in one transaction
    "books_search",  # SQLite's index of words, and what it has still to learn: both follow from the books
    "books_unindexed",
    "books_search_rebuilt",
}
# Conditions: on the ETag, which the cache checks by itself, and on a date, which no answer of ours has.
CONDITIONS = {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"}
TABLE = re.compile(r"\b(?:FROM|JOIN)\s+\"?([a-z]\w+)\"?", re.IGNORECASE)


class Recorded(dict[str, Any]):
    """A request's META or cookies, which notes the names that are looked up."""

    def __init__(self, values: Any) -> None:
        super().__init__(values)
        self.seen: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.seen.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.seen.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.seen.add(str(name))
        return super().__contains__(name)


class Headers(Recorded):
    """`request.headers`, noting names as META has them."""

    def __init__(self, meta: Recorded) -> None:
        super().__init__({})
        self.meta = meta

    def get(self, name: str, default: Any = None) -> Any:
        return self.meta.get(f"HTTP_{name.upper().replace('-', '_')}", default)

    def __getitem__(self, name: str) -> Any:
        return self.meta[f"HTTP_{name.upper().replace('-', '_')}"]

    def __contains__(self, name: object) -> bool:
        return f"HTTP_{str(name).upper().replace('-', '_')}" in self.meta


class Session:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError("a public view asks for the session")


def is_known(name: str) -> bool:
    """Whether the response cache tells requests apart by this header, or lets those that have it pass."""
    header = name.removeprefix("HTTP_").lower().replace("_", "-").encode()
    scope = {"method": "GET", "path": "/", "query_string": b"", "scheme": "http"}
    keys = [
        response_cache.cache_key({**scope, "headers": [*headers.items()]}, headers)
        for headers in ({}, {header: b"text/html"})
    ]
    return keys[0] != keys[1] or name in CONDITIONS


@contextmanager
def tables_read(database: Any) -> Iterator[set[str]]:
    found: set[str] = set()

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        found.update(table.lower() for table in TABLE.findall(sql))
        return execute(sql, *rest)

    with database.execute_wrapper(note):
        yield found


class PublicViews(TestCase):
    book: Book

    @classmethod
    def setUpTestData(cls) -> None:
        full = {"authors": ["Natsume Sōseki"], "topics": ["Novels"], "series": "Collected works", "language": "ja"}
        for title in ("Kokoro", "Sanshirō"):
            cls.book = Book.objects.add({"title": title, **full})
        Book.objects.change(cls.book.pk, {"pages": 9})

    def setUp(self) -> None:
        super().setUp()
        self.database = connections["default"]  # of this thread, in which the views' queries run

    async def unknown(self, route: URLPattern, url: str, accept: str) -> set[str]:
        """What this GET depends on and the response cache does not know of."""
        request = AsyncRequestFactory().get(url, headers={"accept": accept})
        request.META = meta = Recorded(request.META)
        request.COOKIES = cookies = Recorded({})
        request.headers = Headers(meta)  # type: ignore[assignment]
        request.session = Session()  # type: ignore[assignment]
        request.resolver_match = match = route.resolve(url.partition("?")[0].removeprefix("/"))
        with tables_read(self.database) as tables:
            response: Any = await match.func(request, *match.args, **match.kwargs)  # type: ignore[union-attr]
            if response.streaming:
                [chunk async for chunk in response.streaming_content]
        assert response.status_code == 200, (url, accept, response.content)
        assert response["Cache-Control"] == "public, no-cache"
        headers = {name for name in meta.seen if name.startswith("HTTP_") and not is_known(name)}
        return (
            {table for table in tables if table.startswith(("books_", "auth_", "django_"))} - TABLES
            | headers
            | cookies.seen - {settings.SESSION_COOKIE_NAME}
        )

    def url_of(self, route: URLPattern) -> str:
        keys = {"author_detail": self.book.authors.get().pk, "series_detail": self.book.bookseries_set.get().series_id}
        keys |= {"sitemap_books": 1, "sitemap_authors": 1, "sitemap_series": 1}
        pattern = str(route.pattern).replace("<id:pk>", str(keys.get(str(route.name), self.book.pk)))
        return "/" + pattern.replace("<topic:slug>", "novels").replace("<citation:extension>", "ris")

    async def test_they_depend_only_on_what_the_response_cache_knows(self) -> None:
        for route in PUBLIC:
            url = await sync_to_async(self.url_of)(route)
            is_list = route.name in {"book_list", "author_detail", "series_detail", "topic_detail", "opds_books"}
            queries = ["", "?q=kokoro&language=ja", "?series=Collected+works&sort=year&size=1"] if is_list else [""]
            callback: Any = route.callback
            for accept in callback.view_class(**callback.view_initkwargs).offers_of("GET"):
                for query in queries:
                    with self.subTest(url=url + query, accept=accept):
                        assert await self.unknown(route, url + query, accept) == set()

    async def test_a_view_that_depends_on_more_is_found(self) -> None:
        class Bad(CatalogueView):
            offers = (JSON,)
            rules = {"GET": READ}
            is_public = True

            async def get(self, request: HttpRequest) -> HttpResponse:
                await Token.objects.acount()
                return json_response({"for": [request.COOKIES.get("theme"), request.headers.get("Accept-Language")]})

        found = await self.unknown(path("bad/", Bad.as_view()), "/bad/", JSON)
        assert found == {"books_token", "theme", "HTTP_ACCEPT_LANGUAGE"}
