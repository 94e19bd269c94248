from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.lists import AuthorQuery
from books.metadata.roles import AUTHOR, LABELS, SEARCHED
from books.models import Author, BookAuthor, Named
from books.views.base import CatalogueView
from books.views.letters import aletters_of_names
from books.views.lists import respond_with_books, serialized_page
from books.views.names import NameView, afor_editors, apatch, shown
from books.web import serializers
from books.web.negotiation import HTML, JSON, TEXT, valid
from books.web.permissions import CHANGE, READ

MAX_SHOWN = 20  # books of one role
WORDS = {role: word for word, role in SEARCHED.items()}


class AuthorList(CatalogueView):
    """The authors by name, with the number of their books; ?q= finds words of the name."""

    offers = JSON, HTML
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = valid(AuthorQuery(request.GET))
        authors = Author.objects.named(query.cleaned_data.get("q", ""))
        page = await authors.with_counts().apage(["name", "sort_name", "books_count"], query.page)
        entries = [
            serializers.author(row["id"], row["name"], row["books_count"], row["sort_name"]) for row in page.rows
        ]
        letters = await aletters_of_names(self, Author, page, query.parameters())
        context = {"query": query.parameters(), "letters": letters}
        data = serialized_page("authors", entries, page, page.links(request.path, query.urlencoded))
        return self.respond(data, "books/author_list.html", context=context)


class AuthorDetail(NameView):
    """One author, and the author's books. PATCH renames the author, or merges two."""

    kind = "author"
    offers = {"GET": (JSON, HTML, TEXT), "PATCH": (JSON,)}
    rules = {"GET": READ, "PATCH": CHANGE}
    is_public = True

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        author = await self.aget_named(pk=pk)
        told, changes = await sync_to_async(about)(author), await afor_editors(self, author)
        return await respond_with_books(self, "books/author_detail.html", told, changes, author=author.pk)

    async def patch(self, request: HttpRequest, pk: int) -> HttpResponse:
        return await apatch(self, await self.aget_named(pk=pk))


def about(author: Named) -> dict[str, Any]:
    """What is said of an author, and the contributions; to be called in a thread."""
    return {**shown(author), "contributions": [*contributions(author)]}


def contributions(author: Named) -> Iterator[dict[str, Any]]:
    """The roles in which a person contributed to books, each with the first of these books."""
    links = BookAuthor.objects.filter(author=author.pk).exclude(role=AUTHOR)
    counts = links.order_by("role").values_list("role").annotate(count=Count("pk"))
    for role, count in counts:
        rows = links.filter(role=role).order_by("book__title_key", "book").values_list("book", "book__title")
        yield {
            "role": LABELS[role],
            "count": count,
            "books": [serializers.link("book_detail", *row) for row in rows[:MAX_SHOWN]],
            "url": f"{reverse('book_list')}?{urlencode({'q': WORDS[role] + ':' + quoted(author.name)})}",
        }


def quoted(name: str) -> str:
    """A name as words that stand side by side."""
    return '"' + name.replace('"', "") + '"'
