from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.duplicates import DuplicateQuery, MergeForm, NotDuplicateForm
from books.history.duplicates import Group, abooks, agroup, agroups, warning
from books.history.merge import CHOSEN, JOINED, CannotMerge, merge
from books.metadata.record import BY_NAME, topic_slug
from books.models import Book, Channel, NotDuplicate, StaleVersion
from books.models.book_columns import split
from books.views.base import CatalogueView
from books.web import parsing, serializers
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther, errors_of
from books.web.permissions import CHANGE, DELETE, arequire

DETAIL = "books/duplicate_detail.html"
NO_GROUP = "No two books have this fingerprint any more. All possible duplicates are at /duplicates/."
STALE = "One of these books was changed or deleted since you opened this page. Compare them again."


class DuplicateList(CatalogueView):
    """Groups of possible duplicates, in the order of their titles."""

    offers = JSON, HTML
    rules = {"GET": CHANGE}

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = DuplicateQuery(request.GET)
        if not query.is_valid():
            raise HTTPError(400, errors=errors_of(query))
        size = query.cleaned_data["size"]
        found, last = await agroups(query.cleaned_data["after"], size)
        groups = [serialized(group, books) for group, books in await abooks(found) if books]
        next_url = f"{request.path}?{urlencode({'size': size, 'after': last})}" if last else None
        titles = Book.objects.filter(fingerprint=last).order_by("pk").values_list("title", flat=True)
        data = {"groups": groups, "next": next_url, "up_to": await titles.afirst() if last else None}
        return self.respond(data, "books/duplicate_list.html")


class DuplicateDetail(CatalogueView):
    """The first books of a group, side by side. POST merges those that are named."""

    offers = JSON, HTML
    rules = {"GET": CHANGE, "POST": CHANGE}  # merging takes the permission to delete books too

    async def get(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        return await self._show(fingerprint)

    async def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        await arequire(self.user, DELETE)
        form = MergeForm(parsing.form(request))
        if not form.is_valid():
            raise HTTPError(422, errors=errors_of(form))
        seen, keep = form.cleaned_data["book"], form.cleaned_data["keep"]
        actor = self.user.actor(Channel.PAGE if self.media_type == HTML else Channel.API)
        try:
            await sync_to_async(merge)(fingerprint, seen, keep, form.chosen(), actor)
        except CannotMerge as error:
            return await self._show(fingerprint, str(error), 422)
        except (Book.DoesNotExist, StaleVersion):
            return await self._show(fingerprint, STALE, 412)
        return SeeOther(reverse("book_detail", args=[keep]))

    async def _show(self, fingerprint: str, problem: str = "", status: int = 200) -> HttpResponse:
        """The books as they are now, and why they were not merged."""
        [(group, books)] = await abooks([await agroup(fingerprint)])
        if len(books) < 2 or (problem and self.media_type == JSON):
            raise HTTPError(status if problem else 404, problem or NO_GROUP)
        context = {**comparison(books), "problem": problem}
        return self.respond(serialized(group, books), DETAIL, context=context, status=status)


class DuplicateDismiss(CatalogueView):
    """Marks the books of a group as different books. One more book of the group brings it back."""

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


def serialized(group: Group, books: list[Book]) -> dict[str, Any]:
    rows = [serializers.book(vars(book), [topic_slug(name) for name in split(book.topic_names)]) for book in books]
    url = reverse("duplicate_detail", args=[group["fingerprint"]])
    return {**group, "url": url, "doubt": warning(books), "books": rows}


def comparison(books: list[Book]) -> dict[str, Any]:
    """A row for each field that any of the books has, and the book to keep unless somebody chooses another."""
    records: dict[int, Mapping[str, Any]] = {book.pk: book.as_record() for book in books}
    kept = max(records, key=lambda pk: (sum(map(bool, records[pk].values())), -pk))
    rows = []
    for name in CHOSEN:
        values = {pk: record[name] for pk, record in records.items()}
        if filled := [pk for pk, value in values.items() if value not in ("", None)]:
            proposed = kept if kept in filled else filled[0]
            cells = [{"id": pk, "value": value, "proposed": pk == proposed} for pk, value in values.items()]
            differs = len(set(values.values())) > 1
            rows.append({"name": name, "label": BY_NAME[name].label, "differs": differs, "cells": cells})
    joined = [{"label": BY_NAME[name].label, "cells": [each[name] for each in records.values()]} for name in JOINED]
    return {"rows": rows, "joined": joined, "kept": kept}
