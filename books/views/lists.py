"""Lists of books, at whichever URL, and what other lists share with them."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from html import escape
from itertools import chain
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict

from books.cache import per_version
from books.forms.lists import YEAR_FIELDS, BookQuery, SeriesBookQuery
from books.metadata import languages
from books.metadata.series import Place
from books.models import Author, Book
from books.models.book import BookQuerySet
from books.models.book_columns import NAME_SEPARATOR
from books.search.compiled_query import Row
from books.search.facets import KINDS, FacetCounts
from books.search.highlight import Highlighter, Parts
from books.search.pagination import COUNT_CAP, Page, PageRequest
from books.search.query import MOST_WORDS, SearchQuery
from books.search.results import FacetsRequest, Matches
from books.search.spelling import asuggestion
from books.templatetags.catalogue import small_cover, year
from books.views.base import CatalogueView
from books.views.frames import render_with_holes
from books.views.letters import LETTERS, aletters, letter_of
from books.views.list_context import jumps, list_context, with_current
from books.views.names import afollow_old
from books.web.negotiation import HTML, TEXT, HTTPError, valid
from books.web.serializers import book_url, list_entries, number
from django41_example.server.threads import in_thread

STARTING = {"title_key", "author_key"}  # columns of orders that have letters to jump to
LISTS, LONGEST = 200, 300  # queries that stay parsed, and their characters
ROWS = 2000  # that stay rendered: 700 bytes each
RELATIONS = {"next": "next", "previous": "prev"}  # in a Link header (RFC 8288)
ENDS_WITH_CURSOR = re.compile(r"(?:(.*)&)?(after|before)=([\w-]+)", re.ASCII | re.DOTALL)


def parse_list(query: str, **within: Any) -> tuple[BookQuery, Matches, PageRequest]:
    """Parse a query string. Our links put the cursor last, so the part before it is parsed once for all pages."""
    parse = parse_without_cursor if len(query) <= LONGEST else parse_without_cursor.__wrapped__
    if cursor := ENDS_WITH_CURSOR.fullmatch(query):
        rest, name, text = cursor.groups("")
        found, matches = parse(rest, **within)
        if not found.page.cursor:  # else there are two
            try:
                return found, matches, found.page.at(text, backwards=name == "before")
            except ValidationError as error:
                raise HTTPError(400, errors={name: error.messages}) from None
    found, matches = parse(query, **within)
    return found, matches, found.page


@lru_cache(LISTS)
def parse_without_cursor(query: str, **within: Any) -> tuple[BookQuery, Matches]:
    form = SeriesBookQuery if "series" in within else BookQuery
    found = valid(form(QueryDict(query)))
    return found, Book.objects.matching(found.search(**within))


def without_years(query: str, reason: str) -> tuple[str, dict[str, bytes]]:
    """The query without years that cannot be read, and the holes of a page that shows what was typed and the reason."""
    values = QueryDict(query, mutable=True)
    typed = {name: values.pop(name, [""])[-1] for name in YEAR_FIELDS}
    typed["year_from"] = typed["year_from"] or typed.pop("year")
    shown = {**typed, "year_reason": reason}
    return values.urlencode(), {name: escape(text).encode() for name, text in shown.items()}


def serialize_page(name: str, entries: list[Any], page: Page, links: Mapping[str, str | None]) -> dict[str, Any]:
    return {name: entries, "count": page.count, "count_is_exact": page.count_is_exact, **links}


class BooksView(CatalogueView):
    """A list of books, by whichever URL."""

    query: BookQuery
    matches: Matches
    page: Page
    facets: FacetsRequest

    async def respond_with_books(
        self,
        template: str,
        about: Mapping[str, Any] = MappingProxyType({}),
        shown: Mapping[str, Any] = MappingProxyType({}),
        **within: Any,
    ) -> HttpResponse:
        """Respond with a page of books, all of them or those `within` an author, topic or series.

        `about` describes that author, topic or series; `shown` is extra context for an editor's page.
        """
        sent, refused = self.request.META["QUERY_STRING"], {"year_reason": b""}
        try:
            self.query, self.matches, wanted = parse_list(sent, **within)
        except HTTPError as error:
            if self.media_type != HTML or not error.errors or not error.errors.keys() <= set(YEAR_FIELDS):
                raise
            sent, refused = without_years(sent, next(iter(error.errors.values()))[0])
            self.query, self.matches, wanted = parse_list(sent, **within)
        asked, column, is_html = self.query.asked_facets, wanted.ordering.columns[0], self.media_type == HTML
        self.facets = FacetsRequest(asked, column if is_html and column in STARTING else "")
        facets = self.facets if is_html or asked else None
        self.page = await self.matches.apage(wanted, facets)
        if not self.page.count:
            await afollow_old(self.request)
        links = self.page.links(self.request.path, self.query.urlencoded)
        if self.media_type == HTML:
            holes = await self._holes(about, within) | {name: escape(url or "").encode() for name, url in links.items()}
            context = {**about, **shown, "most_words": MOST_WORDS}
            response = await render_with_holes(self, template, context, self.request.path, holes=holes | refused)
        else:
            data = await self._data(about, links)
            titles = "".join(f"{entry['title']}\n" for entry in data["books"]) if self.media_type == TEXT else None
            response = self.respond(data, template, text=titles)
        if linked := [f'<{url}>; rel="{RELATIONS[name]}"' for name, url in links.items() if url]:
            response.headers["Link"] = ", ".join(linked)
        return response

    async def _data(self, about: Mapping[str, Any], links: Mapping[str, str | None]) -> dict[str, Any]:
        """The page as JSON."""
        entries = list_entries(self.page.rows)
        places = await self._places() if self.query.has_places else {}
        for entry in entries if places else ():
            if place := places.get(entry["id"]):
                entry |= {"series_number": number(place.number), "series_label": place.label}
        data = {**about, **serialize_page("books", entries, self.page, links)}
        if self.query.asked_facets:
            data |= await self._facets_data()
        if ignored := self.matches.search.query.ignored:
            data["not_searched"] = " ".join(ignored)
        return data

    async def _places(self) -> dict[int, Place]:
        """Each book's place in its series."""
        return await in_thread(self.matches.places, self.page)

    async def _facets_data(self) -> dict[str, Any]:
        """The facets, most frequent values first and without numbers if there are too many books; and the count."""
        asked = self.query.asked_facets
        counts = await self.matches.afacets(self.page, self.facets) if self.page.count else None
        if counts is None:
            return {"facets": {}}
        count, is_exact = self._total(counts)
        facets = {
            kind: [
                {"value": value, "name": name, "books": books if counts.is_exact else None}
                for value, name, books in counts.values[kind]
            ]
            for kind in ([asked] if asked in KINDS else KINDS)
        }
        return {"count": count, "count_is_exact": is_exact, "facets": facets}

    def _total(self, counts: FacetCounts | None) -> tuple[int, bool]:
        """How many books match, and whether that is exact. Facets count further than the list does."""
        if self.page.count_is_exact or counts is None:
            return self.page.count, self.page.count_is_exact
        return counts.count, counts.is_exact

    async def _holes(self, about: Mapping[str, Any], within: Mapping[str, Any]) -> dict[str, bytes]:
        """The rows and their surroundings, as HTML."""
        query, page, path = self.query, self.page, self.request.path
        key = "around a list", path, query.urlencoded, query.asked_facets, bool(page.rows)
        around = await per_version.get_or_make(key, partial(self._surroundings, about))
        search = self.matches.search.query
        # Highlighting may take its time.
        places = await self._places() if query.has_places else {}
        shown = page.rows, search, {pk: query.place_of(place) for pk, place in places.items()}
        rows = await in_thread(rows_html, *shown) if search.terms else rows_html(*shown)
        is_whole = not (page.after or page.before)  # then there is nowhere to jump to
        marked = b"" if is_whole or not page.rows else with_current(around["jumps"], page, query.page.ordering)
        export = urlencode({**query.parameters(), **within}) if within else query.urlencoded
        asking = escape(f"{path}?facets=all&{self.request.META['QUERY_STRING']}").encode()
        return {
            **around,
            "rows": rows,
            "jumps": marked,
            "export": f"?{escape(export)}".encode() if page.count else b"",
            "every_format": b"1" if self.user.account or (page.count_is_exact and page.count <= COUNT_CAP) else b"",
            "facets_url": b"" if around["choices"] or not self._is_narrowable() else asking,
        }

    def _is_narrowable(self) -> bool:
        return bool(self.page.rows) and self.page.count > 1

    async def _surroundings(self, about: Mapping[str, Any]) -> dict[str, bytes]:
        """The HTML around the rows, the same for all pages of a list."""
        query, page, path, search = self.query, self.page, self.request.path, self.matches.search
        parameters = query.parameters()
        counts = await self.matches.afacets(page, self.facets) if self._is_narrowable() else None
        start = self.facets.start if page.after or page.before else ""
        author = None
        if search.author:
            author = await Author.objects.filter(pk=search.author).values_list("name", flat=True).afirst()
        context = list_context(query, counts, path, about.get("name", ""), author)
        context["jumps"] = jumps(query, path, await self._letters(counts, start) if start else "")
        count, is_exact = self._total(counts)
        context["count"] = f"{count:,}{'' if is_exact else '+'} book{'s' * (count != 1)}"
        if page.count < 2:
            context["sorts"] = ""
        context["not_searched"] = escape(" ".join(search.query.ignored))
        meant = "" if page.count else await asuggestion(parameters.get("q", ""))
        url = f"{path}?{urlencode({**parameters, 'q': meant})}" if meant else ""
        again = f"{path}?{query.urlencoded}" if page.count and not page.rows else ""
        context |= {"meant": escape(meant), "meant_url": escape(url), "again": escape(again)}
        return {name: html.encode() for name, html in context.items()}

    async def _letters(self, counts: FacetCounts | None, start: str) -> str:
        """The first letters of the list's titles or authors; of the whole catalogue's where that would take long."""
        if self.matches.conditions and counts and counts.is_exact:
            return "".join(sorted({letter_of(start) for start in counts.starts}, key=LETTERS.find))
        return await aletters(Book, start)


def rows_html(rows: Sequence[Row], query: SearchQuery, places: Mapping[int, str]) -> bytes:
    html = [row_html(*row[: len(BookQuerySet.LIST_COLUMNS)]) for row in rows]
    if query.terms or places:
        titles, authors = Highlighter(query, "title"), Highlighter(query, "authors")
        for number, row in enumerate(rows):
            before, _, between, _, after = html[number]
            place = f"<b>{escape(places[row[0]])}</b> " if places.get(row[0]) else ""
            names = place + highlight_html(authors.parts(row[2].replace(NAME_SEPARATOR, ", ")))
            html[number] = before, highlight_html(titles.parts(row[1])).encode(), between, names.encode(), after
    return b"".join(chain.from_iterable(html))


@lru_cache(ROWS)
def row_html(
    pk: int, title: str, author_names: str, _isbn13: str | None, published_year: int | None, language: str
) -> tuple[bytes, ...]:
    """A row in five pieces: the second and the fourth are the title and the authors."""
    pieces = (
        f'<li lang="{escape(language)}">{small_cover(title, author_names)}<a href="{book_url(pk)}" dir="auto">',
        escape(title),
        '</a><span class="by" dir="auto">',
        escape(author_names.replace(NAME_SEPARATOR, ", ")),
        f'</span><span class="when" lang="en">{year(published_year)}</span>'
        f'<span class="tongue" lang="en">{escape(languages.name(language)) if language else ""}</span></li>\n',
    )
    return tuple(map(str.encode, pieces))


def highlight_html(parts: Parts) -> str:
    return "".join([f"<mark>{escape(part)}</mark>" if is_hit else escape(part) for part, is_hit in parts])
