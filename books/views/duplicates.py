from collections.abc import Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.duplicates import DuplicateQuery, GroupQuery, MergeForm, MergeWithQuery, NotDuplicateForm
from books.forms.fields import MAX_QUERY
from books.forms.lists import BookQuery
from books.history.duplicates import Group, abooks, agroups, agroups_of
from books.history.merge import CHOSEN, merge
from books.metadata.record import BY_NAME, NAMES, topic_slug
from books.metadata.sameness import are_certainly_same, warning
from books.models import Book, DuplicateISBN, NotDuplicate, Refused, StaleVersion
from books.models.book_columns import split
from books.views.base import CatalogueView
from books.views.book_detail import aget_book
from books.web import CHANGE, DELETE, JSON, HTTPError, SeeOther, arequire, parsing, serializers, valid

DETAIL = "books/duplicate_detail.html"
TAKEN = "{} has this ISBN and this number in the series too. Take another ISBN or number, or merge that book first."
STALE = "One of these books was changed or deleted since you opened this page. Compare them again."
NOT_TWO = "Tick the records that are the same book: two or more."


class DuplicateList(CatalogueView):
    """Groups of possible duplicates, in the order of their titles."""

    rules = {"GET": CHANGE}

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = valid(DuplicateQuery(request.GET))
        size = query.cleaned_data["size"]
        found, last = await agroups(query.cleaned_data["after"], size)
        groups = [serialized(group, books) for group, books in await abooks(found) if len(books) > 1]
        next_url = f"{list_after('duplicate_list', last)}&size={size}" if last else None
        titles = Book.objects.filter(fingerprint=last).order_by("pk").values_list("title", flat=True)
        data = {"groups": groups, "next": next_url, "up_to": await titles.afirst() if last else None}
        return self.respond(data, "books/duplicate_list.html")


class MergeView(CatalogueView):
    """Records that may be the same. POST merges the ticked ones, or shows them again with the reason why not."""

    rules = {"GET": CHANGE, "POST": CHANGE}
    form: type[Form]
    field = ""  # the field of the form with the ticked ones
    not_two = stale = ""  # the messages if too few are ticked, or if they have changed
    problem: HTTPError | None = None  # why nothing was merged

    async def get(self, request: HttpRequest, **key: Any) -> HttpResponse:
        return await self.ashow(*key.values())

    async def post(self, request: HttpRequest, **key: Any) -> HttpResponse:
        form = await parsing.aform(request, self.form)
        if self.media_type == JSON or self.field not in form.errors:
            valid(form, 422)
        try:
            if form.is_valid():
                kept, said, undo_url = await self.amerge(form, *key.values())
                if self.media_type == JSON:
                    return SeeOther(kept)
                messages.success(request, said, extra_tags=undo_url and f"undo {undo_url}")
                return SeeOther(await self.anext(kept, *key.values()))
            self.problem = HTTPError(422, self.not_two)
        except (ObjectDoesNotExist, StaleVersion):
            self.problem = HTTPError(412, self.stale)
        except DuplicateISBN as error:
            self.problem = HTTPError(409, TAKEN.format(serializers.book_url(error.book_id)))
        except Refused as error:
            self.problem = HTTPError(error.status, error.detail)
        return await self.ashow(*key.values())

    def respond_with(self, data: dict[str, Any], template: str, **context: Any) -> HttpResponse:
        """The current records and why they were not merged. JSON has only the reason."""
        if self.problem and self.media_type == JSON:
            raise self.problem
        problem, status = (self.problem.detail, self.problem.status) if self.problem else ("", 200)
        return self.respond(data, template, context={"problem": problem, **context}, status=status)

    def ticked(self) -> set[str]:
        """The ids of the ticked records."""
        return {text.partition(":")[0] for text in self.request.POST.getlist(self.field)}

    async def amerge(self, form: Any, key: Any) -> tuple[str, str, str]:
        """Merge. Returns the URL of the kept record, a message, and the URL that undoes the merge, if there is one."""
        raise NotImplementedError

    async def ashow(self, key: Any) -> HttpResponse:
        raise NotImplementedError

    async def anext(self, kept: str, key: Any) -> str:
        """The URL to which a browser continues."""
        return kept


class BooksMergeView(MergeView):
    """Books side by side."""

    form, field = MergeForm, "book"
    not_two, stale = NOT_TWO, STALE

    async def post(self, request: HttpRequest, **key: Any) -> HttpResponse:
        await arequire(self.user, DELETE)
        return await super().post(request, **key)

    async def amerge(self, form: MergeForm, key: str | int) -> tuple[str, str, str]:
        seen, keep, shared = form.cleaned_data["book"], form.cleaned_data["keep"], key if isinstance(key, str) else ""
        change = await sync_to_async(merge)(seen, keep, form.chosen(), self.actor, shared)
        title = await Book.objects.values_list("title", flat=True).aget(pk=keep)
        said, undo_url = f"{len(seen)} records are now one: “{title}”.", reverse("change_undo", args=[keep, change.pk])
        return serializers.book_url(keep), said, undo_url

    def side_by_side(self, data: dict[str, Any], books: list[Book], *, ticked: bool) -> HttpResponse:
        ticks = [book.pk for book in books if (str(book.pk) in self.ticked() if self.problem else ticked)]
        return self.respond_with(data, DETAIL, **comparison(books), ticks=ticks)


class DuplicateDetail(BooksMergeView):
    """The first books of a group of possible duplicates."""

    async def ashow(self, key: str) -> HttpResponse:
        first = valid(GroupQuery(self.request.GET)).cleaned_data["first"]
        groups = [group for group in await agroups_of(key) if group["first"] == first or not first]
        for group, books in await abooks(groups[:1]):
            data = serialized(group, books)
            return self.side_by_side(data, books, ticked=data["certain"])
        raise self.problem or no_group("duplicate_list")

    async def anext(self, kept: str, key: str) -> str:
        """The next group that is not marked as different books."""
        following, _ = await agroups(key, 1, or_at=True)
        return url_of(following[0]) if following else reverse("duplicate_list")


class BookMerge(BooksMergeView):
    """Compares a book with any other one: `?q=` is its id, its URL or words to search for."""

    async def ashow(self, key: int) -> HttpResponse:
        book, query = await aget_book(key), valid(MergeWithQuery(self.request.GET))
        other = await Book.objects.filter(pk=query.named_id() or 0).exclude(pk=key).afirst()
        if other is None:
            text = query.cleaned_data["q"]
            data = {"book": serializers.heading(book), "q": text, "found": await afind_books(text or book.title, key)}
            return self.respond(data, "books/book_merge.html", status=self.problem.status if self.problem else 200)
        data = {"url": reverse("book_merge", args=[key], query={"q": other.pk}), **compare([book, other])}
        return self.side_by_side(data, [book, other], ticked=not data["doubt"])


class DuplicateDismiss(CatalogueView):
    """Marks the books or authors of a group as different. If another one joins the group, it is listed again."""

    rules = {"POST": CHANGE}
    model: Any = None
    list_name = ""

    async def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        seen = valid(await parsing.aform(request, NotDuplicateForm), 422).cleaned_data
        if not await self.model.objects.filter(fingerprint=fingerprint).aexists():
            raise no_group(self.list_name)
        await NotDuplicate.objects.amark(self.model._meta.model_name, fingerprint, **seen)
        return SeeOther(list_after(self.list_name, fingerprint))


def no_group(list_name: str) -> HTTPError:
    return HTTPError(404, f"There is no such group of duplicates any more. All groups are at {reverse(list_name)}.")


def list_after(list_name: str, fingerprint: str) -> str:
    return reverse(list_name, query={"after": fingerprint})


async def afind_books(text: str, without: int) -> list[dict[str, Any]]:
    """The first books that a search finds, as list entries."""
    query = valid(BookQuery({"q": text[:MAX_QUERY]}))
    page = await Book.objects.matching(query.search()).apage(query.page)
    return serializers.list_entries(row for row in page.rows if row[0] != without)


def url_of(group: Group) -> str:
    query = {"first": group["first"]} if group["place"] else None
    return reverse("duplicate_detail", args=[group["fingerprint"]], query=query)


def serialized(group: Group, books: list[Book]) -> dict[str, Any]:
    about = {name: group[name] for name in ("fingerprint", "first", "count", "newest")}
    return {**about, "url": url_of(group), **compare(books)}


def compare(books: list[Book]) -> dict[str, Any]:
    records: list[Any] = [book.as_record() for book in books]
    rows = [serializers.book(vars(book), [topic_slug(name) for name in split(book.topic_names)]) for book in books]
    return {"certain": are_certainly_same(records), "doubt": warning(records), "books": rows}


def comparison(books: list[Book]) -> dict[str, Any]:
    """A row for each field that any of the books has, and the book to keep by default."""
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
    names = {BY_NAME[name].label: [each[name] for each in records.values()] for name in NAMES}
    joined = [{"label": label, "cells": cells} for label, cells in names.items() if any(cells)]
    return {"rows": rows, "joined": joined, "kept": kept}
