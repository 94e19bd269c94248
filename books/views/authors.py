from django.http import HttpRequest, HttpResponse

from books.forms.lists import AuthorQuery
from books.models import Author
from books.views.base import CatalogueView
from books.views.lists import answer_books, page_of, valid
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
        authors = Author.objects.named(query.cleaned_data["q"])
        page = await authors.with_counts().page(["name", "books_count"], query.cleaned_data["place"]).aread()
        entries = [serializers.author(row["id"], row["name"], row["books_count"]) for row in page.rows]
        data = page_of("authors", entries, page, request.path, query)
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
        about = {"id": author.pk, "url": author.get_absolute_url(), "name": author.name}
        return await answer_books(self, "books/author_detail.html", within=("authors", author.pk), about=about)
