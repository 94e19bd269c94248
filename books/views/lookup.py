from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from books.forms.lists import LookupQuery
from books.lookup.lookup import LookupResult, Outcome, alook_up
from books.metadata.record import BY_NAME
from books.models import Book
from books.views.base import CatalogueView
from books.web import ADD, JSON, HTTPError, json_response, serializers, valid

Data = dict[str, Any]


class Lookup(CatalogueView):
    """Looks up ?isbn= in any spelling: the book in this catalogue, or the record in outside ones."""

    rules = {"GET": ADD}  # not for everybody, as it sends requests to other sites

    async def get(self, request: HttpRequest) -> HttpResponse:
        if self.media_type == JSON:
            return json_response(await alook_up_isbn(request.GET))
        shown, how = await ashown(request.GET)
        context = {"lookup": shown, "rows": rows(shown["known"])}
        return self.respond({}, "books/lookup.html", context=context, **how)


async def alook_up_isbn(sent: QueryDict) -> Data:
    """The book in this catalogue, or its record in outside ones. Raises HTTPError if there is neither."""
    isbn13 = valid(LookupQuery(sent), 422).cleaned_data["isbn"]
    if book := await Book.objects.filter(isbn13=isbn13).only("title", "version").afirst():
        return {**LookupResult(isbn13).serialized(), "book": serializers.heading(book)}
    result = await alook_up(isbn13)
    if result.outcome == Outcome.FOUND:
        return {**result.serialized(), "book": None}
    if result.outcome == Outcome.NOTHING:
        raise HTTPError(404, f"{result.reasons} Check the digits, or add the book by hand.")
    detail = f"{result.reasons} Try again in {result.seconds} s, or add the book by hand."
    raise HTTPError(502 if result.is_broken else 503, detail, headers={"Retry-After": str(result.seconds)})


async def ashown(sent: QueryDict) -> tuple[Data, Data]:
    """The same for a page: the input with the result, or the reason why there is none; status and headers."""
    shown: Data = {"typed": sent.get("isbn", ""), "known": {}, "reason": "", "isbn13": ""}
    if "isbn" not in sent:
        return shown, {}
    try:
        known = await alook_up_isbn(sent)
        return {**shown, "known": known, "isbn13": known["isbn13"]}, {}
    except HTTPError as error:
        # An unknown ISBN goes into the form as it was typed; an invalid one does not.
        isbn13 = "" if error.errors else sent["isbn"]
        reason = error.detail or " ".join(error.errors["isbn"])
        return {**shown, "reason": reason, "isbn13": isbn13}, {"status": error.status, "headers": error.headers}


def rows(known: Data) -> list[Data]:
    values, origins = known.get("record", {}).items(), known.get("origins", {})
    return [{"name": BY_NAME[name].label, "value": value, "origin": origins.get(name)} for name, value in values]
