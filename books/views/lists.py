"""What the views that list books share: the query read, one page of it, and what stands around it on a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote_plus, urlencode

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict

from books.cache import revision
from books.forms.lists import BookQuery, ListQuery
from books.models import Book
from books.search.compiled_query import Key, Readable
from books.search.facets import Choices
from books.search.filters import Filters
from books.search.highlight import marked
from books.search.pagination import CURSOR_LENGTH, Cursor, Page, PageQuery, Place, any_cursor
from books.search.query import Asked, understood
from books.search.spelling import asuggestion
from books.views.base import CatalogueView
from books.views.list_context import facets
from books.web.negotiation import HTML, HTTPError, errors_of
from books.web.serializers import list_entry

LISTINGS = 128  # that are kept ready
EVERYTHING = ("", "")


def valid[Query: ListQuery](query: Query) -> Query:
    """The query, if every parameter can be understood. Refuses with 400, each parameter with its reason."""
    if not query.is_valid():
        raise HTTPError(400, errors=errors_of(query))
    return query


def page_of(name: str, entries: list[dict[str, Any]], page: Page, path: str, query: ListQuery) -> dict[str, Any]:
    count = {"count": page.count, "count_is_exact": page.count_is_exact}
    return {name: entries, **count, **page.links(path, query.parameters())}


@dataclass
class Around:
    """What stood around a list on a page at that number of the catalogue's revision."""

    number: int | None = None
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BookListing:
    """A list of books that was asked for: its query, understood, and the database's queries, ready to be read."""

    query: BookQuery
    page: PageQuery
    choices: Choices
    around: Around = field(default_factory=Around)
    at: Key = ()  # the cursor's key, where the page is one for any

    async def aread(self, *beside: Readable) -> Page:
        """The page that was asked for, and what those `beside` it give."""
        return await self.page.aread(*beside, at=self.at)


def listing(within: str, key: int | str, query_string: str) -> BookListing:
    """The books `within` an author or a topic, or all; made once for all the places in the list."""
    parts = query_string.split("&")
    cursors = [part for part in parts if part.startswith(("after=", "before="))]
    if len(cursors) != 1:
        return understood_listing(within, key, query_string)
    name, _, text = cursors[0].partition("=")
    same = understood_listing(within, key, "&".join(part for part in parts if part != cursors[0]), name)
    ordering = same.page.place.ordering
    if same.page.place.cursor is None or len(text) > CURSOR_LENGTH:
        return understood_listing(within, key, query_string)
    try:
        cursor = Cursor.read(unquote_plus(text), ordering, backwards=name == "before")
    except ValidationError:
        return understood_listing(within, key, query_string)  # says what is wrong
    return replace(same, at=cursor.key)


@lru_cache(LISTINGS)
def understood_listing(within: str, key: int | str, query_string: str, any_place: str = "") -> BookListing:
    """What it takes to ask is most of a list's time. `any_place`: after or before which a page is asked for."""
    query = valid(BookQuery(QueryDict(query_string)))
    books = Book.objects.filter(authors=int(key)) if within == "authors" else Book.objects.all()
    filters = Filters.of(query.cleaned_data, str(key) if within == "topic" else "")
    place: Place = query.cleaned_data["place"]
    if any_place and place.cursor is None and place.ordering.name != "relevance":  # which asks by the cursor's rank
        place = replace(place, cursor=any_cursor(place.ordering, backwards=any_place == "before"))
    page = filters.page(books, books.LIST_COLUMNS, place)
    return BookListing(query, page, Choices(filters.few(books), filters.author))


def with_marks(entry: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """A list entry with its texts in pieces, those that were searched marked."""
    names = ", ".join(entry["authors"])
    return {**entry, "marked": marked(entry["title"], asked, "title"), "by": marked(names, asked, "authors")}


def meant(query: BookQuery, path: str, words: str) -> dict[str, str] | None:
    """A link to what may have been meant."""
    return {"words": words, "url": f"{path}?{urlencode({**query.parameters(), 'q': words})}"} if words else None


async def answer_books(
    view: CatalogueView,
    template: str,
    *,
    within: tuple[str, int | str] = EVERYTHING,
    about: Mapping[str, Any] = MappingProxyType({}),
) -> HttpResponse:
    """A page of the books that the request's query asks for; `about` says whose books they are."""
    request, is_page = view.request, view.media_type == HTML
    asked = listing(*within, request.META["QUERY_STRING"])
    number = await revision.confirm() if is_page else None
    around = asked.around.context if number is not None and asked.around.number == number else None
    page = await asked.aread(*([asked.choices] if is_page and around is None else ()))
    entries = [list_entry(row) for row in page.rows]
    data = {**about, **page_of("books", entries, page, request.path, asked.query)}
    if is_page and around is None:
        counted = page.beside[0][0] if page.beside and page.count > 1 else {}
        around = facets(asked.query, counted, request.path, about.get("name", ""))
        if page.rows:
            asked.around.number, asked.around.context = number, around
    is_whole = not (page.after or page.before)  # then there is nowhere to jump to
    context = {**(around or {}), **({"jumps": []} if is_whole else {})}
    if is_page and (words := asked.query.cleaned_data["q"]):
        context["entries"] = [with_marks(entry, understood(words)) for entry in entries]
        if not page.count:
            context["meant"] = meant(asked.query, request.path, await asuggestion(words))
    titles = "".join(f"{entry['title']}\n" for entry in entries)
    response = view.respond(data, template, text=titles, context=context)
    if links := page.link_header(request.path, asked.query.parameters()):
        response["Link"] = links
    return response
