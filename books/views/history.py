from collections.abc import Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.db.models import BigIntegerField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.history.undo import purge, undo
from books.models import Action, Book, Change
from books.search.compiled_query import Parameter, compile_query
from books.views.base import CatalogueView, FormView
from books.web import CHANGE, HTML, JSON, READ, RequestUser, SeeOther, amay, json_response
from books.web.permissions import PURGE
from books.web.serializers import book_url
from django41_example.server.threads import in_thread

MAX_CHANGES = 100  # the latest changes of a book
COLUMNS = ("id", "version", "action", "via", "at", "fields", "undoes_id", "part_of__book_id")


class BookHistory(CatalogueView):
    """The changes of a book, latest first. Those of a deleted book are for people who may restore it.

    DELETE purges them.
    """

    offers = {"GET": (JSON, HTML), "DELETE": ()}
    rules = {"GET": READ, "DELETE": PURGE}
    is_public = True

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        latest = await in_thread(changes, pk, self.user)
        title = await atitle(pk)
        may_undo = await amay(self.user, CHANGE)
        if title is None and not (latest and may_undo):
            raise Book.DoesNotExist
        context = {"title": title, "may_undo": may_undo, "may_purge": await amay(self.user, PURGE)}
        return self.respond({"book": pk, "changes": latest}, "books/book_history.html", context=context)

    async def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        await sync_to_async(purge)(pk)
        return HttpResponse(status=204)


class HistoryPurge(FormView):
    """The form that purges the history of a book."""

    rules = {"GET": PURGE, "POST": PURGE}

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        title = await atitle(pk)
        if title is None and not await Change.objects.filter(book_id=pk).aexists():
            raise Book.DoesNotExist
        return self.respond({}, "books/history_purge.html", context={"book": pk, "title": title})

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        await sync_to_async(purge)(pk)
        is_deleted = await atitle(pk) is None
        return SeeOther(reverse("book_list") if is_deleted else reverse("book_detail", args=[pk]))


async def atitle(pk: int) -> str | None:
    """None if the book was deleted."""
    return await Book.objects.filter(pk=pk).values_list("title", flat=True).afirst()


class ChangeUndo(CatalogueView):
    """Undoes a change by another change. 409 if the book was changed again since."""

    rules = {"POST": CHANGE}

    async def post(self, request: HttpRequest, pk: int, change: int) -> HttpResponse:
        await sync_to_async(undo)(pk, change, self.actor)
        if self.media_type == HTML:
            messages.success(request, "Undone.")
            return SeeOther(reverse("book_history", args=[pk]))
        return json_response({"book": pk, "changes": await in_thread(changes, pk, self.user)})


def changes(pk: int, user: RequestUser, most: int = MAX_CHANGES) -> list[dict[str, Any]]:
    """The latest changes of a book. Only people with an account see the names of accounts."""
    names = (*COLUMNS, "user__username") if user.account else COLUMNS  # not covered by the catalogue's version
    rows = compile_query(changes_of_book, names, most).read(pk=pk)
    found = [serialized(pk, dict(zip(names, row, strict=True))) for row in rows]
    undone = set()
    for change in found:  # latest first: a change counts again if its undoing was undone
        if change["id"] in undone:
            change["undo_url"] = None
        else:
            undone.add(change["undoes"])
    if merges := {change["id"]: change["merged"] for change in found if change["action"] == Action.MERGED}:
        for part in Change.objects.filter(part_of__in=merges).order_by("book_id").values("part_of", "book_id"):
            merges[part["part_of"]].append(book_url(part["book_id"]))
    return found


def changes_of_book(names: tuple[str, ...], most: int) -> QuerySet[Any, Any]:
    of_book = Change.objects.filter(book_id=Parameter("pk", BigIntegerField())).order_by("-id")
    return of_book.values_list(*names)[:most]


def serialized(pk: int, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "version", "action", "via", "at")},
        "by": row.get("user__username"),
        "fields": {name: {"before": before, "after": after} for name, (before, after) in row["fields"].items()},
        "undoes": row["undoes_id"],
        "merged_into": book_url(row["part_of__book_id"]) if row["part_of__book_id"] else None,
        "merged": [],  # the URLs of the books that were merged into it
        "undo_url": f"{book_url(pk)}history/{row['id']}/undo/",
    }
