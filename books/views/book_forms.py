"""The same writes for people without a program: forms that never lose what was typed."""

import uuid

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.books import BookForm, DeleteForm, NewBookForm
from books.models import Book, Channel, DuplicateISBN, MergedAway, StaleVersion
from books.views.base import CatalogueView
from books.views.book_detail import abook_or_404
from books.views.login_redirect import apop_pending_form
from books.views.lookup import ashown
from books.views.writes import MERGED, NO_BOOK, STALE, MayBeHere, add_once, taken
from books.web import parsing, serializers
from books.web.authentication import RequestUser
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther, errors_of, page, preferred

NEW, EDIT = "books/book_new.html", "books/book_edit.html"


class BookNew(CatalogueView):
    """The form for a book; ?isbn= fills it in with what other catalogues know.

    Where there is a book like it, the form comes back once to ask whether it is another.
    """

    async def get(self, request: HttpRequest) -> HttpResponse:
        preferred(request, HTML)
        if typed := await apop_pending_form(request):
            return page(request, NEW, {"form": BookForm(typed), "book": None})
        looked_up = await ashown(request.GET)
        known, refusal = looked_up["known"], looked_up.pop("refusal")
        typed_isbn = {"isbn13": known["isbn13"]} if known and not known["book"] else {}
        fresh = {"idempotency_key": uuid.uuid4().hex, **typed_isbn, **known.get("record", {})}
        form = BookForm(initial=fresh)
        form.show_origins(known.get("origins", {}))
        status, headers = (refusal.status, refusal.headers) if refusal else (200, None)
        return page(request, NEW, {"form": form, "book": None, "lookup": looked_up}, status=status, headers=headers)

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = NewBookForm(parsing.form(request))
        ask = form.is_valid() and not form.cleaned_data["anyway"]
        try:
            return await add_from_form(request, self.user, form, if_unlike_others=ask)
        except MayBeHere as error:
            if preferred(request, JSON, HTML) == JSON:
                reasons = [
                    f"This may be here already: {book['url']}. If not, send anyway=1 too." for book in error.books
                ]
                raise HTTPError(409, errors={"title": reasons}) from None
            context = {"form": form, "book": None, "similar": error.books}
            return page(request, NEW, context, status=409)


async def add_from_form(
    request: HttpRequest, user: RequestUser, form: BookForm, *, if_unlike_others: bool = False
) -> HttpResponse:
    """Add the book in the form, or show the form again. Raises MayBeHere if asked to."""
    if not form.is_valid():
        return again(request, form, NEW, 422)
    try:
        book = await sync_to_async(add_once)(
            form.record(), form.key_for_once(), user.actor(Channel.PAGE), if_unlike_others=if_unlike_others
        )
    except DuplicateISBN as error:
        form.add_error("isbn13", taken(error))
        return again(request, form, NEW, 409)
    return SeeOther(book["url"])


class BookEdit(CatalogueView):
    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        preferred(request, HTML)
        book = await abook_or_404(pk)
        typed = await apop_pending_form(request)
        form = BookForm(typed) if typed else BookForm(initial={**book.as_record(), "version": book.version})
        return page(request, EDIT, {"form": form, "book": serializers.heading(book)})

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = BookForm(parsing.form(request))
        if not form.is_valid():
            return again(request, form, EDIT, 422, book=await abook_or_404(pk))
        try:
            await sync_to_async(Book.objects.change)(
                pk, form.record(), form.cleaned_data["version"], self.user.actor(Channel.PAGE)
            )
        except Book.DoesNotExist:
            form.add_error(
                None, "This book was deleted meanwhile. What you typed is still here: save it as a new book."
            )
            return again(request, form, NEW, 404)
        except StaleVersion:
            book = await abook_or_404(pk)
            form.show_beside(book.as_record(), book.version)
            return again(request, form, EDIT, 412, book=book)
        except DuplicateISBN as error:
            form.add_error("isbn13", taken(error))
            return again(request, form, EDIT, 409, book=await abook_or_404(pk))
        return SeeOther(reverse("book_detail", args=[pk]))


class BookDelete(CatalogueView):
    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        preferred(request, HTML)
        return self._ask(request, await abook_or_404(pk))

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = DeleteForm(parsing.form(request))
        if not form.is_valid():
            raise HTTPError(422, errors=errors_of(form))
        try:
            await sync_to_async(Book.objects.remove)(pk, form.cleaned_data["version"], self.user.actor(Channel.PAGE))
        except MergedAway as error:
            raise HTTPError(404, MERGED.format(error.into)) from None
        except Book.DoesNotExist:
            raise HTTPError(404, NO_BOOK) from None
        except StaleVersion:
            return self._ask(request, await abook_or_404(pk), status=412)
        return SeeOther(reverse("book_history", args=[pk]))

    def _ask(self, request: HttpRequest, book: Book, status: int = 200) -> HttpResponse:
        if preferred(request, JSON, HTML) == JSON and status != 200:
            raise HTTPError(status, STALE)
        context = {"book": serializers.heading(book), "stale": status != 200}
        return page(request, "books/book_delete.html", context, status=status)


def again(request: HttpRequest, form: BookForm, template: str, status: int, book: Book | None = None) -> HttpResponse:
    """The form with what was typed and what is wrong; to programs only what is wrong."""
    if preferred(request, JSON, HTML) == JSON:
        raise HTTPError(status, STALE, errors=errors_of(form))
    context = {"form": form, "book": serializers.heading(book) if book else None, "stale": status == 412}
    return page(request, template, context, status=status)
