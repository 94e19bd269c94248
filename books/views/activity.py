"""Recent activity: changes of single books, and jobs and name changes that changed many books."""

from collections.abc import Collection
from heapq import merge
from operator import itemgetter
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.activity import ACTIVITIES, JOBS, NAMES, ActivityQuery
from books.jobs.tasks.undo_import import UNDOABLE
from books.models import Action, Book, Change, Channel, Job, NameChange
from books.views import names
from books.views.base import CatalogueView
from books.views.history import COLUMNS, serialized
from books.views.job_page import entry, may_have_changed_books, with_names
from books.web import CHANGE, HTML, valid
from books.web.serializers import book_url

# Changes listed one by one. Those of an import or a merge are listed as one entry.
SINGLE = Q(job_id=None, part_of=None, name_change=None) & ~Q(via=Channel.IMPORT)
MOST_PEOPLE = 200  # to choose from
NEITHER: dict[str, Any] = {"book": None, "fields": [], "undoes": None, "undo_url": None, "job": None, "name": None}

Data = dict[str, Any]


class Activity(CatalogueView):
    """The latest changes and jobs, latest first; of all, or of one person or kind."""

    rules = {"GET": CHANGE}

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = valid(ActivityQuery(request.GET))
        # Each list keeps the order of its ids, whatever the clocks said, so that no row is missed between pages.
        kind = query.cleaned_data.get("kind")
        changes = await achanges(query) if kind not in {JOBS, NAMES} else []
        jobs = await ajobs(query) if kind in {None, "", JOBS} else []
        renamings = await anames(query) if kind in {None, "", NAMES} else []
        rows = list(merge(changes, jobs, renamings, key=itemgetter("at"), reverse=True))
        shown, places = rows[: query.page.size], query.places()
        for row in shown:
            places[row["action"] if row["action"] in places else "change"] = row["id"]
        next_url = reverse("activity", query=query.parameters_after(places)) if len(rows) > len(shown) else None
        people = await apeople() if self.media_type == HTML else []
        context = {"query": query.data, "kinds": ACTIVITIES, "people": people}
        return self.respond({"activity": shown, "next": next_url}, "activity.html", context=context)


def by(query: ActivityQuery, column: str) -> Q:
    """The condition on the person in the query, if there is one."""
    person = query.cleaned_data.get("person")
    return Q(**{f"{column}__username": person}) if person else Q()


async def achanges(query: ActivityQuery) -> list[Data]:
    """The changes for the page and one more, latest first."""
    kind = query.cleaned_data.get("kind")
    found = Change.objects.filter(SINGLE, by(query, "user"), pk__lt=query.places()["change"])
    found = found.filter(action=kind) if kind else found
    found = found.annotate(is_undone=Exists(Change.objects.filter(undoes=OuterRef("pk"))))
    rows = found.order_by("-pk").values(*COLUMNS, "book_id", "user__username", "is_undone")[: query.page.size + 1]
    read = [row async for row in rows]
    titles, last = await atitles({row["book_id"] for row in read})
    return [change(row, titles, last) for row in read]


async def atitles(pks: Collection[int]) -> tuple[dict[int, str], dict[int, str]]:
    """The titles of books, and the last titles of deleted books."""
    titles = {pk: title async for pk, title in Book.objects.filter(pk__in=pks).values_list("pk", "title")}
    deletions = Change.objects.filter(book_id__in=set(pks) - titles.keys(), action=Action.DELETED).order_by("pk")
    last = {pk: fields["title"][0] async for pk, fields in deletions.values_list("book_id", "fields") if fields}
    return titles, last


def change(row: Data, titles: dict[int, str], last: dict[int, str]) -> Data:
    pk, data = row["book_id"], serialized(row["book_id"], row)
    is_deleted, is_here = row["action"] == Action.DELETED, pk in titles
    can_undo = not row["is_undone"] and is_here != is_deleted
    return {
        **NEITHER,
        **{name: data[name] for name in ("id", "action", "at", "by", "via", "undoes")},
        "book": {"url": book_url(pk), "title": titles.get(pk) or last.get(pk, ""), "is_deleted": not is_here},
        "fields": [] if is_deleted else list(row["fields"]),
        "undo_url": data["undo_url"] if can_undo else None,
    }


async def ajobs(query: ActivityQuery) -> list[Data]:
    """The same for jobs that write books."""
    is_real = Q(arguments__dry_run__isnull=True) | Q(arguments__dry_run=False)
    jobs = Job.objects.filter(is_real, by(query, "created_by"), kind__in=UNDOABLE, pk__lt=query.places()[JOBS])
    rows = with_names(jobs).defer("log", "traceback", "checkpoint").order_by("-pk")[: query.page.size + 1]
    return [job(row) async for row in rows]


def job(row: Any) -> Data:
    data = entry(vars(row))
    shown = {name: data[name] for name in ("id", "url", "kind", "status", "arguments", "upload", "format", "message")}
    about = {**shown, "can_undo": may_have_changed_books(row)}
    return {**NEITHER, "id": row.pk, "action": JOBS, "at": row.created_at, "by": row.by, "via": row.via, "job": about}


async def anames(query: ActivityQuery) -> list[Data]:
    """The same for changes of names, without their many books."""
    found = NameChange.objects.filter(by(query, "user"), pk__lt=query.places()[NAMES])
    rows = found.order_by("-pk").values(*names.COLUMNS, "kind", "into", "user__username")[: query.page.size + 1]
    return [name(row) async for row in rows]


def name(row: Data) -> Data:
    data = names.serialized(row)
    about = {"kind": row["kind"], "url": names.address_of(row["kind"], row["into"])}
    about |= {field: data.pop(field) for field in ("action", "before", "after", "books")}
    return {**NEITHER, **data, "action": NAMES, "name": about}


async def apeople() -> list[str]:
    """The names of those who did something."""
    active = Q()
    for model, column in ((Change, "user"), (Job, "created_by"), (NameChange, "user")):
        active |= Q(Exists(model._default_manager.filter(**{column: OuterRef("pk")})))
    found = User.objects.filter(active).order_by("username").values_list("username", flat=True)
    return [username async for username in found[:MOST_PEOPLE]]
