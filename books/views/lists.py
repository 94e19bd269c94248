"""The responses of lists: of books, by whichever URL, and what other lists share."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from asgiref.sync import sync_to_async
from django.http import HttpResponse

from books.cache import per_version
from books.forms.lists import BookQuery, ListQuery
from books.metadata import covers, languages
from books.models import Author, Book
from books.models.book import BookQuerySet
from books.search.compiled_query import Row
from books.search.highlight import Highlighter, Parts
from books.search.pagination import Page, link_header
from books.search.query import MOST_WORDS, SearchQuery
from books.search.results import Matches
from books.search.spelling import asuggestion
from books.templatetags.catalogue import year
from books.views.base import CatalogueView
from books.views.list_context import list_context
from books.web import negotiation
from books.web.negotiation import HTML, HTTPError, errors_of
from books.web.serializers import list_entry

HOLE = re.compile("\x00(rows|address|next|previous)\x00|%00(address)%00")  # no parameter may hold a NUL


def valid[Query: ListQuery](query: Query) -> Query:
    """The query, if every parameter is valid. Raises 400, each parameter with its reason."""
    if not query.is_valid():
        raise HTTPError(400, errors=errors_of(query))
    return query


def serialized_page(name: str, entries: list[Any], page: Page, links: Mapping[str, str | None]) -> dict[str, Any]:
    return {name: entries, "count": page.count, "count_is_exact": page.count_is_exact, **links}


async def respond_with_books(
    view: CatalogueView, template: str, about: Mapping[str, Any] = MappingProxyType({}), **within: Any
) -> HttpResponse:
    """A page of the books that the request asks for, `within` an author or a topic; `about` says whose they are."""
    query = valid(BookQuery(view.request.GET))
    matches = Book.objects.matching(query.search(**within))
    page = await matches.apage(query.page)
    links = page.links(view.request.path, query.parameters())
    if view.media_type == HTML:
        response = HttpResponse(await BookListPage(view, template, about, query, matches, page).ahtml())
    else:
        entries = [list_entry(*row[: len(BookQuerySet.LIST_COLUMNS)]) for row in page.rows]
        titles = "".join(f"{entry['title']}\n" for entry in entries)
        data = {**about, **serialized_page("books", entries, page, links)}
        if left_out := matches.search.query.left_out:
            data["not_searched"] = " ".join(left_out)
        response = view.respond(data, template, text=titles)
    if header := link_header(links):
        response["Link"] = header
    return response


@dataclass(frozen=True)
class BookListPage:
    """A list of books as HTML: a frame, rendered once for each version of the catalogue, and what differs by page."""

    view: CatalogueView
    template: str
    about: Mapping[str, Any]
    query: BookQuery
    matches: Matches
    page: Page

    async def ahtml(self) -> str:
        request, search, page = self.view.request, self.matches.search.query, self.page
        if self.view.user.account is None:
            shape = bool(page.rows), bool(page.after), bool(page.before)
            key = self.template, request.path, *self.query.parameters().items(), *shape
            frame = await per_version.get_or_make(key, self._aframe)
        else:
            frame = await self._aframe()
        address, links = request.get_full_path(), page.links(request.path, self.query.parameters())
        holes = {name: escape(value or "") for name, value in {**links, "address": address}.items()}
        # Highlighting may take its time.
        rows = sync_to_async(rows_html)(page.rows, search) if search.terms else None
        holes["rows"] = await rows if rows else rows_html(page.rows, search)
        pieces = [frame[0]]
        for name, is_quoted, html in zip(frame[1::3], frame[2::3], frame[3::3], strict=True):
            pieces += [quote(address) if is_quoted else holes[name], html]
        return "".join(pieces)

    async def _aframe(self) -> list[str]:
        """The rendered template in pieces, between them the names of its holes."""
        page, parameters, path = self.page, self.query.parameters(), self.view.request.path
        is_narrowable = page.rows and page.count > 1
        counts = await self.matches.afacets(is_exact=page.count_is_exact) if is_narrowable else None
        names = Author.objects.filter(pk=self.matches.search.author or 0).values_list("name", flat=True)
        author = await names.afirst() if self.matches.search.author else None
        context = list_context(self.query, counts, path, self.about.get("name", ""), author)
        holes = {"rows": page.rows, "next": page.after, "previous": page.before, "address": True}
        context |= {name: f"\x00{name}\x00" if is_there else None for name, is_there in holes.items()}
        context |= {"count": page.count, "count_is_exact": page.count_is_exact, **self.about}
        if not (page.after or page.before):  # all of it is here: there is nowhere to jump to
            context["jumps"] = ""
        context |= {"not_searched": " ".join(self.matches.search.query.left_out), "most_words": MOST_WORDS}
        if not page.count and (words := await asuggestion(parameters.get("q", ""))):
            context["meant"] = {"words": words, "url": f"{path}?{urlencode({**parameters, 'q': words})}"}
        return HOLE.split(negotiation.page(self.view.request, self.template, context).content.decode())


def rows_html(rows: Iterable[Row], search: SearchQuery) -> str:
    titles, authors = Highlighter(search, "title"), Highlighter(search, "authors")
    return "".join([row_html(row, titles, authors) for row in rows])


def row_html(row: Row, titles: Highlighter, authors: Highlighter) -> str:
    pk, title, author_names, _, published_year, language, *_ = row
    names = author_names.split("\n") if author_names else []
    cover = covers.thumbnail(title, names)
    return (
        f'<li lang="{escape(language)}"><svg class="cover {cover["classes"]}" viewBox="0 0 120 180" aria-hidden="true">'
        f'<use href="#ornament-{cover["ornament"]}"/><text>{escape(cover["initial"])}</text></svg>'
        f'<a href="/books/{pk}/" dir="auto">{highlighted(titles.parts(title))}</a>'
        f'<span class="by" dir="auto">{highlighted(authors.parts(", ".join(names)))}</span>'
        f'<span class="when" lang="en">{year(published_year)}</span>'
        f'<span class="tongue" lang="en">{escape(languages.name(language)) if language else ""}</span></li>\n'
    )


def highlighted(parts: Parts) -> str:
    return "".join([f"<mark>{escape(part)}</mark>" if is_hit else escape(part) for part, is_hit in parts])
