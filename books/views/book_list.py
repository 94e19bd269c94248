from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse

from books.forms.books import BookForm
from books.models import Channel
from books.views.book_detail import etag
from books.views.book_forms import aadd_from_form
from books.views.lists import BooksView
from books.views.writes import add_and_compare
from books.web import parsing
from books.web.negotiation import HTML, JSON, TEXT, json_response, preferred_type
from books.web.permissions import ADD, READ
from django41_example.server.threads import in_thread


class BookList(BooksView):
    """The catalogue: ?q= searches, ?after= turns pages, POST adds a book."""

    offers = JSON, HTML, TEXT
    rules = {"GET": READ, "POST": ADD}
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        return await self.respond_with_books("books/book_list.html")

    async def post(self, request: HttpRequest) -> HttpResponse:
        if parsing.is_form(request):
            return await aadd_from_form(self, await parsing.aform(request, BookForm))
        preferred_type(request, JSON)  # a JSON request gets a JSON response
        values, shares = await in_thread(parsing.book_record, request, partial=False)
        key, actor = parsing.idempotency_key(request), self.user.actor(Channel.API)
        book, similar = await sync_to_async(add_and_compare)(values, key, actor, shares_isbn=shares)
        headers = {"Location": book["url"], "ETag": etag(book), **({"Link": similar} if similar else {})}
        return json_response(book, status=201, headers=headers)
