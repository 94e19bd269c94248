"""Books that may be one: which there are, the merging of some by hand, and the saying that they are several."""

from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.books import BookForm
from books.forms.duplicates import DuplicateQuery, MergeForm, NotDuplicateForm
from books.history.duplicates import Group, abooks, agroup, agroups, warning
from books.history.merge import CHOSEN, CannotMerge, merge
from books.metadata.record import topic_slug
from books.models import Book, Channel, NotDuplicate, StaleVersion
from books.models.book import split
from books.views.base import CatalogueView
from books.web import parsing, serializers
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther, errors_of, page
from books.web.permissions import CHANGE

DETAIL = "books/duplicate_detail.html"
NO_GROUP = "No two books have this fingerprint any more. Those that may be one are at /duplicates/."
STALE = "One of these books was changed or deleted since you saw them. Look at them again, then choose."


class DuplicateList(CatalogueView):
    """Groups of books that may be one, in the order of their titles."""

    offers = JSON, HTML
    rules = {"GET": CHANGE}

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = DuplicateQuery(request.GET)
        if not query.is_valid():
            raise HTTPError(400, errors=errors_of(query))
        size = query.cleaned_data["size"]
        found, last = await agroups(query.cleaned_data["after"], size)
        groups = [as_dict(group, books) for group, books in await abooks(found) if books]
        following = f"{request.path}?{urlencode({'size': size, 'after': last})}" if last else None
        at_last = Book.objects.filter(fingerprint=last).order_by("pk").values_list("title", flat=True)
        data = {"groups": groups, "next": following, "up_to": await at_last.afirst() if last else None}
        return self.respond(data, "books/duplicate_list.html")


class DuplicateDetail(CatalogueView):
    """The first books of a group side by side; POST makes one of those that are named."""

    offers = JSON, HTML
    rules = {"GET": CHANGE, "POST": CHANGE}  # merging takes the right to delete books too

    async def get(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        [(found, books)] = await abooks([await agroup(fingerprint)])
        if len(books) < 2:
            raise HTTPError(404, NO_GROUP)
        data = as_dict(found, books)
        return self.respond(data, DETAIL, context=beside(books) if self.media_type == HTML else None)

    async def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        if not await self.user.ahas_perm("books.delete_book"):
            raise HTTPError(403, "Your account lacks the permission books.delete_book: ask an administrator for it.")
        form = MergeForm(parsing.form(request))
        if not form.is_valid():
            raise HTTPError(422, errors=errors_of(form))
        seen, keep = form.cleaned_data["book"], form.cleaned_data["keep"]
        actor = self.user.actor(Channel.PAGE if self.media_type == HTML else Channel.API)
        try:
            await sync_to_async(merge)(fingerprint, seen, keep, form.chosen(), actor)
        except CannotMerge as error:
            return await self._again(request, fingerprint, str(error), 422)
        except (Book.DoesNotExist, StaleVersion):
            return await self._again(request, fingerprint, STALE, 412)
        return SeeOther(reverse("book_detail", args=[keep]))

    async def _again(self, request: HttpRequest, fingerprint: str, problem: str, status: int) -> HttpResponse:
        """The books as they are now, and why they were not merged."""
        [(found, books)] = await abooks([await agroup(fingerprint)])
        if len(books) < 2 or self.media_type == JSON:
            raise HTTPError(status, problem)
        context = {**as_dict(found, books), **beside(books), "problem": problem}
        return page(request, DETAIL, context, status=status)


class DuplicateDismiss(CatalogueView):
    """Remembers that the books of a group are several, until there is one more."""

    offers = JSON, HTML
    rules = {"POST": CHANGE}

    async def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        form = NotDuplicateForm(parsing.form(request))
        if not form.is_valid():
            raise HTTPError(422, errors=errors_of(form))
        if not await Book.objects.filter(fingerprint=fingerprint).aexists():
            raise HTTPError(404, NO_GROUP)
        await NotDuplicate.objects.amark(fingerprint, form.cleaned_data["count"], form.cleaned_data["newest"])
        return SeeOther(f"{reverse('duplicate_list')}?{urlencode({'after': fingerprint})}")


def as_dict(group: Group, books: list[Book]) -> dict[str, Any]:
    rows = [serializers.book(book, [topic_slug(name) for name in split(book.topic_names)]) for book in books]
    url = reverse("duplicate_detail", args=[group["fingerprint"]])
    return {**group, "url": url, "doubt": warning(books), "books": rows}


def beside(books: list[Book]) -> dict[str, Any]:
    """The fields in which the books have something, row by row; where they differ one chooses, and one is proposed."""
    records: list[Any] = [book.as_record() for book in books]
    best = max(range(len(books)), key=lambda place: (sum(map(bool, records[place].values())), -place))
    order = [records[best], *records]
    rows = []
    for name in CHOSEN:
        values = [record[name] for record in records]
        if any(value not in ("", None) for value in values):
            proposed = next(record for record in order if record[name] not in ("", None))
            cells = [
                {"id": book.pk, "value": values[place], "proposed": records[place] is proposed}
                for place, book in enumerate(books)
            ]
            differs = len(set(values)) > 1
            rows.append({"name": name, "label": BookForm.base_fields[name].label, "differs": differs, "cells": cells})
    joined = [
        {"label": BookForm.base_fields[name].label, "cells": [record[name] for record in records]}
        for name in ("authors", "topics")
    ]
    return {"rows": rows, "joined": joined, "kept": books[best].pk}
