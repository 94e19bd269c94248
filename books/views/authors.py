from django.http import HttpRequest, HttpResponse

from books.forms.lists import AuthorQuery
from books.models import Author
from books.views.base import CatalogueView
from books.views.lists import respond_with_books, serialized_page, valid
from books.web import serializers
from books.web.negotiation import HTML, JSON, TEXT, HTTPError
from books.web.permissions import READ


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
        data = serialized_page("authors", entries, page, page.links(request.path, query.parameters()))
        return self.respond(data, "books/author_list.html", context={"query": query.parameters()})


class AuthorDetail(CatalogueView):
    """One author, and the author's books."""

    offers = JSON, HTML, TEXT
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            author = await Author.objects.aget(pk=pk)
        except Author.DoesNotExist:
            raise HTTPError(404, "There is no author with this id. All authors are at /authors/.") from None
        about = {"id": author.pk, "url": author.get_absolute_url(), "name": author.name, "sort_name": author.filed_as}
        return await respond_with_books(self, "books/author_detail.html", about, author=author.pk)
