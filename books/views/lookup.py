"""What is known of an ISBN, here or in other catalogues; for those who may add books, since it makes us ask outside."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from books.forms.books import BookForm
from books.forms.lists import LookupQuery
from books.lookup.lookup import Answer, Outcome, alook_up
from books.models import Book
from books.views.base import CatalogueView
from books.web import serializers
from books.web.negotiation import HTML, JSON, HTTPError, errors_of, json_response, page
from books.web.permissions import ADD

Data = dict[str, Any]


class Lookup(CatalogueView):
    """?isbn= in any spelling: the book that has it, or the record that other catalogues make of it."""

    offers = JSON, HTML
    rules = {"GET": ADD}  # it makes us send requests to other sites: not for everybody

    async def get(self, request: HttpRequest) -> HttpResponse:
        if self.media_type == JSON:
            return json_response(await aknown(request.GET))
        shown = await ashown(request.GET)
        refusal: HTTPError | None = shown.pop("refusal")
        status, headers = (refusal.status, refusal.headers) if refusal else (200, None)
        context = {"lookup": shown, "rows": rows(shown["known"])}
        return page(request, "books/lookup.html", context, status=status, headers=headers)


async def aknown(sent: QueryDict) -> Data:
    """The book here that has the ISBN sent, or what is known of it outside. Refuses with the reason where none is."""
    query = LookupQuery(sent)
    if not query.is_valid():
        raise HTTPError(422, errors=errors_of(query))
    isbn13 = query.cleaned_data["isbn"]
    if book := await Book.objects.filter(isbn13=isbn13).only("title", "version").afirst():
        return {**Answer(isbn13).as_data(), "book": serializers.heading(book)}
    answer = await alook_up(isbn13)
    if answer.outcome == Outcome.FOUND:
        return {**answer.as_data(), "book": None}
    raise _unknown(answer)


def _unknown(answer: Answer) -> HTTPError:
    if answer.outcome == Outcome.NOTHING:
        return HTTPError(404, f"{answer.reasons} Check the digits, or add the book by hand.")
    again = f"Try again in {answer.seconds} second{'' if answer.seconds == 1 else 's'}, or add the book by hand."
    headers = {"Retry-After": str(answer.seconds)}
    return HTTPError(502 if answer.is_broken else 503, f"{answer.reasons} {again}", headers=headers)


def rows(known: Data) -> list[Data]:
    """The record as lines for people: what it is, its value, and where that is from."""
    values = known.get("record", {}).items()
    return [
        {"name": BookForm.base_fields[name].label, "value": value, "origin": known["origins"].get(name)}
        for name, value in values
    ]


async def ashown(sent: QueryDict) -> Data:
    """The same for a page: what was typed, and what is known or why nothing is. Nothing sent: nothing to say."""
    shown: Data = {"typed": sent.get("isbn", ""), "known": {}, "reason": "", "refusal": None}
    if "isbn" not in sent:
        return shown
    try:
        return {**shown, "known": await aknown(sent)}
    except HTTPError as refusal:
        reason = refusal.detail or " ".join(refusal.errors["isbn"])
        return {**shown, "reason": reason, "refusal": refusal}
