"""What the views that list books share: the query read, one page of it, and what stands around it on a page."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from books.facets import facets
from books.forms import BookQuery, ListQuery
from books.models.book import BookQuerySet
from books.negotiation import HTML, JSON, TEXT, Refusal, errors_of, preferred, respond
from books.paging import Page
from books.presenting import list_entry


def valid[Query: ListQuery](query: Query) -> Query:
    """The query, if every parameter can be understood. Refuses with 400, each parameter with its reason."""
    if not query.is_valid():
        raise Refusal(400, errors=errors_of(query))
    return query


def page_of(name: str, entries: list[dict[str, Any]], page: Page, path: str, query: ListQuery) -> dict[str, Any]:
    count = {"count": page.count, "count_is_exact": page.count_is_exact}
    return {name: entries, **count, **page.links(path, query.parameters())}


async def answer_books(
    request: HttpRequest, books: BookQuerySet, template: str, about: Mapping[str, Any] | None = None
) -> HttpResponse:
    """A page of those of the books that the request's query asks for; `about` says whose books they are."""
    kind = preferred(request, JSON, HTML, TEXT)
    query = valid(BookQuery(request.GET))
    matching = books.matching(query.cleaned_data)
    page = await matching.apage(books.LIST_COLUMNS, query.cleaned_data["place"])
    entries = [list_entry(row) for row in page.rows]
    data = {**(about or {}), **page_of("books", entries, page, request.path, query)}
    context = await facets(matching, query, page, request.path) if kind == HTML else {}
    titles = "".join(f"{entry['title']}\n" for entry in entries)
    return respond(request, data, template, text=titles, context=context)
