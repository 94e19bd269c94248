"""Feeds for reading apps: the same views in two formats, OPDS 1.2 and OPDS 2.0.

They ignore Accept, as files do. `/opds/books/` takes what `/books/` takes.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from books.cache.catalogue import acatalogue_name
from books.cache.topics import atopics
from books.feeds import opds
from books.feeds.feed import NEW, Feed, NavigationLink, abooks, achanged_at, with_query
from books.forms.lists import BookQuery, ListQuery, NamesQuery, TopicQuery
from books.metadata.roles import AUTHOR
from books.models import Author, Book, Series, Topic
from books.models.named import NamedQuerySet
from books.search.pagination import Page
from books.views.list_context import SORTS
from books.views.login import BasicAuthView
from books.views.names import afollow_old
from books.web import READ, valid
from django41_example.server.threads import in_thread

UNFILLED = re.compile(r"\{[\w:]{1,40}\??\}")  # KOReader only fills in {searchTerms}

START_LINKS = [
    NavigationLink("Newest books", "books/?sort=-added&size=50", "What was added last.", NEW),
    NavigationLink("All books", "books/?size=50", "Every book, by its title."),
    NavigationLink("Authors", "authors/?size=100", "Every author, by name, and the author's books."),
    NavigationLink("Series", "series/?size=100", "Every series, and its books in order."),
    NavigationLink("Topics", "topics/?size=100", "Every topic, and the books about it."),
]


class OpdsView(BasicAuthView):
    rules = {"GET": READ}
    ignores_accept = True
    is_public = True
    style: Any = opds  # the module that writes feeds in one version of OPDS

    def offers_of(self, method: str) -> tuple[str, ...]:
        return self.style.MEDIA_TYPES  # type: ignore[no-any-return]


class OpdsFeed(OpdsView):
    async def get(self, request: HttpRequest) -> HttpResponse:
        feed = replace(await self.afeed(request), catalogue=await acatalogue_name())
        # Writing a hundred books takes 10 ms, or more with long descriptions: too long for the event loop.
        return await in_thread(self.style.write_feed, feed, origin(request))

    async def afeed(self, request: HttpRequest) -> Feed:
        raise NotImplementedError


class OpdsStart(OpdsFeed):
    """The root of the feeds."""

    async def afeed(self, request: HttpRequest) -> Feed:
        return Feed(await acatalogue_name(), "", reverse("home"), await achanged_at(), {}, navigation=START_LINKS)


class OpdsBooks(OpdsFeed):
    """A page of books: the newest, an author's, a topic's, or the results of a search."""

    async def afeed(self, request: HttpRequest) -> Feed:
        query = valid(BookQuery(with_q(request.GET)))
        page, parameters = await Book.objects.matching(query.search()).apage(query.page), query.parameters()
        if not page.count:
            await afollow_old(request)
        return Feed(
            title=await atitle(parameters),
            **paging(request.GET, "books/", query, page),
            updated=await achanged_at(),
            books=await abooks(pk for pk, *_ in page.rows),
            orders=orders(parameters, query.page.ordering.name),
        )


class OpdsNames(OpdsFeed):
    """Authors, series or topics, each linked to its books."""

    title: str
    names: NamedQuerySet[Any]
    query: type[ListQuery] = NamesQuery
    books: str  # the path of the books of one
    which: ClassVar[Mapping[str, str]] = {}  # the links to books that count

    async def afeed(self, request: HttpRequest) -> Feed:
        query, names, key = valid(self.query(request.GET)), self.names, "slug" if self.names.model is Topic else "id"
        if words := query.cleaned_data.get("q"):
            names = names.named(words)
        page = await names.with_counts(**self.which).apage(["name", "books_count"], query.page)
        navigation = [
            NavigationLink(row["name"], self.books.format(quote(str(row[key]))), books=row["books_count"])
            for row in page.rows
        ]
        about = paging(request.GET, f"{self.title.lower()}/", query, page)
        return Feed(self.title, updated=await achanged_at(), navigation=navigation, **about)


class OpdsAuthors(OpdsNames):
    """The authors by name; ?q= searches names."""

    title, names, books = "Authors", Author.objects.writing(), "books/?author={}"
    which = {"role": AUTHOR}


class OpdsSeries(OpdsNames):
    """The series by name, each linked to its books in order; ?q= searches names."""

    title, names, books = "Series", Series.objects.all(), "books/?series={}&sort=series"


class OpdsTopics(OpdsNames):
    """The topics in alphabetical order."""

    title, names, books, query = "Topics", Topic.objects.all(), "books/?topic={}", TopicQuery


class OpdsBook(OpdsView):
    """One book, as in feeds."""

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        for book in await abooks([pk]):
            return self.style.write_book(book, origin(request))  # type: ignore[no-any-return]
        raise Book.DoesNotExist


def origin(request: HttpRequest) -> str:
    """The scheme and host that the client uses. The host is in ALLOWED_HOSTS."""
    return request.build_absolute_uri("/").removesuffix("/")


def with_q(sent: QueryDict) -> QueryDict:
    """The parameters with `query`, OPDS 2.0's name, as `q`, and without placeholders of a template left unfilled."""
    filled = sent.copy()
    for name in [name for name, value in sent.items() if UNFILLED.fullmatch(str(value))]:
        del filled[name]
    if "query" in filled:
        filled["q"] = filled.pop("query")[-1]
    return filled


def paging(sent: QueryDict, path: str, query: ListQuery, page: Page) -> Mapping[str, Any]:
    """The paging of a feed: its path, the pages before and after it, the number of entries."""
    parameters, first = query.parameters(), with_query(path, query.parameters())
    here = {name: str(sent[name]) for name in ("after", "before") if sent.get(name)}
    return {
        "path": with_query(path, {**parameters, **here}),
        "page": f"{settings.SCRIPT_NAME}/{first}",
        "relations": {"up": "", "first": first, **page.links(path, query.urlencoded)},
        "count": page.count if page.count_is_exact else None,
        "size": query.page.size,
    }


def orders(parameters: Mapping[str, str], current: str) -> list[NavigationLink]:
    return [
        NavigationLink(label, with_query("books/", {**parameters, "sort": name}), rel="", is_current=name == current)
        for name, label in SORTS.items()
        if name != "relevance" or "q" in parameters
    ]


async def atitle(parameters: Mapping[str, str]) -> str:
    """The title: what the books have in common."""
    said = {name: value for name, value in parameters.items() if name not in {"sort", "size"}}
    if not said:
        return "Newest books" if parameters.get("sort") == "-added" else "All books"
    for kind, model in (("author", Author), ("series", Series)):
        if (pk := said.get(kind, "")).isdecimal() and pk.isascii():
            names = model._default_manager.filter(pk=pk).values_list("name", flat=True)
            said[kind] = await names.afirst() or pk
    if topic := (await atopics()).get(said.get("topic", "")):
        said["topic"] = topic.name
    return f"Books: {', '.join(said.values())}"
