"""The forms that add, edit and delete a book. No input is ever lost."""

import uuid
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.books import BookForm, NewBookForm
from books.forms.fields import EditForm
from books.metadata.record import Record
from books.models import Book, Change, Channel, DuplicateISBN, MergedAway, StaleVersion
from books.views.base import CatalogueView, FormView
from books.views.book_detail import aget_book
from books.views.login_redirect import apop_pending_form
from books.views.lookup import ashown
from books.views.names import aknown_names
from books.views.writes import PossibleDuplicate, add_once
from books.web import ADD, CHANGE, DELETE, HTML, JSON, SeeOther, parsing, serializers, valid

NEW, EDIT = "books/book_new.html", "books/book_edit.html"
COMMAS = "“{}” is a new name with a comma: send commas=keep, or commas=split."
SIMILAR = "You may already have this book: {}. To add it anyway, send anyway=1."
DELETED = "This book was deleted while you were editing. Your text is still here: save it as a new book."
MERGED = "This book was merged into {} while you were editing. Your text is still here: copy what that book lacks."


class BookNew(FormView):
    """The form for a new book. ?isbn= fills it in from other catalogues, ?series= and ?series_number= fill these in.

    If there is a similar book, the form asks once whether to add this one anyway.
    """

    rules = {"GET": ADD, "POST": ADD}

    async def get(self, request: HttpRequest) -> HttpResponse:
        if typed := await apop_pending_form(request):
            return self.respond({}, NEW, context={"form": await aoffering(BookForm(typed))})
        looked_up, how = await ashown(request.GET)
        known = looked_up["known"]
        isbn = {} if known.get("book") else {"isbn13": looked_up["isbn13"] or request.GET.get("isbn13", "")}
        place = {name: request.GET.get(name, "") for name in ("series", "series_number")}
        form = BookForm(initial={"idempotency_key": uuid.uuid4().hex, **place, **isbn, **known.get("record", {})})
        form.show_origins(known.get("origins", {}))
        await aoffering(form)
        return self.respond({}, NEW, context={"form": form, "lookup": looked_up}, **how)

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = await aoffering(await parsing.aform(request, NewBookForm))
        if asked := await aasked(form):
            return self.respond(asked, NEW, context={"form": form}, status=409)
        try:
            return await aadd_from_form(self, form, if_distinct=not form.data.get("anyway"))
        except PossibleDuplicate as found:
            data = {"errors": {"title": [SIMILAR.format(book["url"]) for book in found.books]}}
            return self.respond(data, NEW, context={"form": form, "similar": found.books}, status=409)


async def aoffering[Form: BookForm](form: Form) -> Form:
    """The form with suggestions of known names, for browsers without JavaScript."""
    form.offer(await aknown_names())
    return form


async def aasked(form: BookForm) -> dict[str, Any]:
    """The question about new names that contain a comma, if there are any."""
    if form.is_valid() and form.has_commas:
        await sync_to_async(form.split_at_commas)()
    asked = {field: list(map(COMMAS.format, names)) for field, names in form.names_with_commas.items()}
    return {"errors": asked} if asked else {}


async def aadd_from_form(view: CatalogueView, form: BookForm, *, if_distinct: bool = False) -> HttpResponse:
    """Add the book in the form, or show the form again. Raises PossibleDuplicate only `if_distinct`."""
    if not form.is_valid():
        return view.respond_again(form, NEW)
    record, key, actor = form.record(), form.one_time_key(), view.user.actor(Channel.PAGE)
    try:
        shares = form.cleaned_data["shares_isbn"]
        book = await sync_to_async(add_once)(record, key, actor, if_distinct=if_distinct, shares_isbn=shares)
    except DuplicateISBN as error:
        form.ask_to_share(error)
        return view.respond_again(form, NEW, status=409)
    if view.media_type == HTML:
        messages.success(view.request, f"“{book['title']}” was added.", extra_tags="added")
    return SeeOther(book["url"])


class BookEdit(FormView):
    """The form that changes a book."""

    rules = {"GET": CHANGE, "POST": CHANGE}

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        book = await aget_book(pk)
        typed = await apop_pending_form(request)
        form = BookForm(typed) if typed else BookForm(initial={**book.as_record(), "version": book.version})
        await aoffering(form)
        return self.respond({}, EDIT, context={"form": form, "book": serializers.heading(book)})

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = await aoffering(await parsing.aform(request, BookForm))
        try:
            return await self._save(form, pk)
        except Book.DoesNotExist as gone:
            into = gone.into if isinstance(gone, MergedAway) else 0
            form.add_error(None, MERGED.format(serializers.book_url(into)) if into else DELETED)
            return self.respond_again(form, NEW, status=404)

    async def _save(self, form: BookForm, pk: int) -> HttpResponse:
        """Raises Book.DoesNotExist."""
        actor, status = self.user.actor(Channel.PAGE), 422
        if asked := await aasked(form):
            context = {"form": form, "book": serializers.heading(await aget_book(pk))}
            return self.respond(asked, EDIT, context=context, status=409)
        try:
            if form.is_valid():
                version, shares = form.cleaned_data["version"], form.cleaned_data["shares_isbn"]
                await sync_to_async(Book.objects.change)(pk, form.record(), version, actor, shares_isbn=shares)
                messages.success(self.request, "Saved.")
                return SeeOther(reverse("book_detail", args=[pk]))
        except StaleVersion:
            if self.media_type == JSON:
                raise
            status = 412
        except DuplicateISBN as error:
            form.ask_to_share(error)
            status = 409
        book = await aget_book(pk)
        if is_stale := status == 412:
            base = await arecord_at(book, form.cleaned_data["version"])
            form.show_conflict(form.record(), book.as_record(), base, book.version)
        return self.respond_again(form, EDIT, status=status, book=serializers.heading(book), stale=is_stale)


async def arecord_at(book: Book, version: int) -> Record | None:
    """The book's record at an earlier version; None if that is not in its history."""
    since = [change async for change in Change.objects.filter(book_id=book.pk, version__gt=version).order_by("-pk")]
    if len(since) != book.version - version:  # its history was purged in part
        return None
    before = {name: value for change in since for name, value in change.before().items()}
    return cast("Record", {**book.as_record(), **before})


class BookDelete(FormView):
    """Asks whether to delete a book."""

    rules = {"GET": DELETE, "POST": DELETE}

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._confirm(await aget_book(pk))

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = valid(await parsing.aform(request, EditForm), 422).cleaned_data["version"]
        try:
            await sync_to_async(Book.objects.remove)(pk, version, self.user.actor(Channel.PAGE))
        except StaleVersion:
            return self._confirm(await aget_book(pk), 412)
        messages.success(request, "The book was deleted.")
        return SeeOther(reverse("book_history", args=[pk]))

    def _confirm(self, book: Book, status: int = 200) -> HttpResponse:
        context = {"book": serializers.heading(book), "stale": status == 412}
        return self.respond({"detail": StaleVersion.detail}, "books/book_delete.html", context=context, status=status)
