"""Renames and merges authors, topics and series, and undoes both."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.cache import per_version
from books.forms.names import AuthorForm, NameForm, SeriesForm, TopicForm
from books.history.rename import NameTaken, TooManyBooks, UnknownAuthors, edit, undo
from books.models import Author, Channel, NameChange, Named, StaleVersion
from books.models.links import MODELS, follow_renames
from books.views.base import CatalogueView, FormView
from books.web import CHANGE, HTML, JSON, HTTPError, SeeOther, parsing
from django41_example.server.threads import in_thread

EDIT = "books/name_edit.html"
FORMS: dict[str, type[NameForm]] = {"author": AuthorForm, "series": SeriesForm, "topic": TopicForm}
MAX_CHANGES = 100  # the latest changes
MAX_OFFERED = 200  # names of a kind, as each form contains all of them
COLUMNS = ("id", "before", "after", "books", "via", "at", "undoes_id", "undone_by__id")
TAKEN = "There is already “{}”: {}. To merge the two, send merge=true (1 in a form)."
OTHER_TAKEN = "“{}” is in the catalogue itself: {}. Rename one as the other to merge them."


class NameView(CatalogueView):
    """A page about one author, topic or series: `kind` in the URL is the model's name."""

    kind = ""
    channel = Channel.PAGE

    async def aget_named(self, **key: Any) -> Named:
        """Raises 404, or 301 to the new URL of a renamed or merged one."""
        try:
            named: Named = await MODELS[self.kind]._default_manager.aget(**key)
        except ObjectDoesNotExist:
            raise await self.agone(*key.values()) from None
        return named

    async def agone(self, address: int | str) -> HTTPError:
        """The error if there is none: a redirect to its new URL after a renaming or merge, or 404."""
        kind, plural = self.kind, MODELS[self.kind].PLURAL
        into = await in_thread(NameChange.objects.address, MODELS[kind], str(address))
        if into is None:
            return HTTPError(404, f"There is no such {kind}. All {plural} are at {reverse(f'{kind}_list')}.")
        url = address_of(kind, into)
        moved = f"This {kind} was renamed or merged, and is at {url} now."
        if self.request.method not in {"GET", "HEAD"}:
            return HTTPError(404, moved)
        query = self.request.META.get("QUERY_STRING", "")
        return HTTPError(301, moved, headers={"Location": f"{url}?{query}" if query else url})

    async def awrite(self, named: Named, form: NameForm, versions: set[int] | None) -> HttpResponse:
        """Save the form, or show it again. `versions`: those that the user may have seen."""
        other, status = None, 422
        try:
            if form.is_valid():
                values, merge, actor = form.values(), form.cleaned_data["merge"], self.user.actor(self.channel)
                return await self.adone(await sync_to_async(edit)(named, values, actor, versions=versions, merge=merge))
        except ObjectDoesNotExist:  # somebody has just renamed or merged it
            raise await self.agone(named.address) from None
        except NameTaken as taken:
            other, status = await aheading(taken.other), 409
            is_name = taken.field == "name"
            asked = TAKEN if self.media_type == JSON else f"Another {self.kind} has this name."
            form.add_error(taken.field, (asked if is_name else OTHER_TAKEN).format(other["name"], other["url"]))
            other = other if is_name else None
        except StaleVersion as stale:
            if self.media_type == JSON:
                raise
            status = stale.status
            named = await type(named)._default_manager.aget(pk=named.pk)  # as somebody has changed it, perhaps just now
            seen = await in_thread(seen_at, named, form.cleaned_data["version"])
            form.show_conflict(form.values(), await in_thread(initial, named), seen, named.version)
        except (TooManyBooks, UnknownAuthors) as error:
            status = error.status
            form.add_error(error.field if error.field in form.fields else None, error.detail)
        about = await aheading(named)
        return self.respond_again(form, EDIT, status=status, named=about, other=other, stale=status == 412)

    async def adone(self, kept: Named) -> HttpResponse:
        """The response to a change that resulted in `kept`."""
        is_there = await type(kept)._default_manager.filter(pk=kept.pk).aexists()  # unless it was deleted
        return SeeOther(heading(kept)["url"] if is_there else reverse(f"{self.kind}_list"))


class NameEdit(FormView, NameView):
    """The form that renames or merges. If another one has the name, it asks once whether to merge."""

    rules = {"GET": CHANGE, "POST": CHANGE}

    async def get(self, request: HttpRequest, **key: Any) -> HttpResponse:
        named = await self.aget_named(**key)
        form: Any = FORMS[self.kind](initial=await in_thread(initial, named))
        form.fields["name"].known = (await aknown_names())[named.PLURAL]
        return self.respond({}, EDIT, context={"form": form, "named": heading(named)})

    async def post(self, request: HttpRequest, **key: Any) -> HttpResponse:
        form, named = await parsing.aform(request, FORMS[self.kind]), await self.aget_named(**key)
        seen = form.cleaned_data.get("version") if form.is_valid() else None
        return await self.awrite(named, form, {seen} if seen else None)


class NameHistory(NameView):
    """The renamings and merges of one author, topic or series, latest first."""

    rules = {"GET": CHANGE}

    async def get(self, request: HttpRequest, **key: Any) -> HttpResponse:
        named = await self.aget_named(**key)
        changes = await achanges(named, MAX_CHANGES)
        return self.respond({"changes": changes}, "books/name_history.html", context={"named": heading(named)})


class NameUndo(CatalogueView):
    """Undoes a renaming or merge for all its books except those changed since, which the response lists."""

    rules = {"POST": CHANGE}

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        undoing, skipped = await sync_to_async(undo)(pk, self.actor)
        url = address_of(undoing.kind, undoing.into)
        if self.media_type == HTML and not skipped:
            return SeeOther(url)
        data = {"id": undoing.pk, "url": url, "books": undoing.books, "skipped": skipped}
        return self.respond(data, "books/name_undone.html")


async def afollow_old(request: HttpRequest) -> None:
    """Raises 301 if the query has a former name or id of an author, topic or series."""
    asked = request.GET.dict()
    query = await in_thread(follow_renames, asked) if asked.keys() & MODELS.keys() else asked
    if query != asked:
        url = f"{request.path}?{urlencode(query)}"
        raise HTTPError(301, f"This was renamed or merged. The list is at {url} now.", headers={"Location": url})


async def aknown_names() -> dict[str, list[str]]:
    """The names of authors, topics and series to suggest without JavaScript: all of a kind, if they are few."""
    return await per_version.get_or_make("known names", _aread_names)


async def _aread_names() -> dict[str, list[str]]:
    found = {}
    for model in MODELS.values():
        named: Any = model._default_manager.order_by("name")
        names = [row["name"] async for row in named.values("name")[: MAX_OFFERED + 1]]
        found[model.PLURAL] = names if len(names) <= MAX_OFFERED else []
    return found


def address_of(kind: str, address: int | str) -> str:
    return reverse(f"{kind}_detail", args=[address])


def heading(named: Named) -> dict[str, Any]:
    """Its data in every response, without its books."""
    kind = str(named._meta.model_name)
    about = {"id": named.pk} if named.ADDRESS == "pk" else {named.ADDRESS: named.address}
    return {**about, "url": address_of(kind, named.address), **named.shown(), "version": named.version}


def shown(named: Named) -> dict[str, Any]:
    """The same with its other names. Call it in a thread."""
    more: dict[str, Any] = {"names": named.names}
    if isinstance(named, Author):
        more["also_writes_as"] = [
            {"id": each.pk, "url": each.get_absolute_url(), "name": each.name} for each in named.pseudonyms()
        ]
    return {**heading(named), **more}


def initial(named: Named) -> dict[str, Any]:
    """The initial values of the form. Call it in a thread."""
    linked = [each.name for each in named.pseudonyms()] if isinstance(named, Author) else []
    return {**named.snapshot(), "also_writes_as": linked, "version": named.version}


def seen_at(named: Named, version: int) -> dict[str, Any] | None:
    """The same at an earlier version; None if that is not in its history. Call it in a thread."""
    now = values = named.snapshot()
    since = NameChange.objects.of(named).order_by("-pk")[: named.version - version]
    for change in since:
        before, after = ({each["id"]: each for each in rows}.get(named.pk) for rows in (change.before, change.after))
        if before is None or after != values:
            return None
        values = before
    is_same_person = values.get("person") == now.get("person")
    linked = initial(named)["also_writes_as"] if is_same_person else None
    return {**values, "also_writes_as": linked} if len(since) == named.version - version else None


async def aheading(named: Named) -> dict[str, Any]:
    return {**heading(named), "books": await named.books.values("pk").distinct().acount()}


async def achanges(named: Named, most: int) -> list[dict[str, Any]]:
    """The latest changes of its name."""
    found = NameChange.objects.of(named).order_by("-pk").values(*COLUMNS, "user__username")
    return [serialized(row) async for row in found[:most]]


def serialized(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "before", "after", "books", "via", "at")},
        "action": _action(row["before"], row["after"]),
        "by": row["user__username"],
        "undoes": row["undoes_id"],
        "undo_url": None if row["undone_by__id"] else reverse("name_undo", args=[row["id"]]),
    }


def _action(before: list[Any], after: list[Any]) -> str:
    if len(before) != len(after):
        return "merged" if len(before) > len(after) else "separated"
    return "renamed" if before[0]["name"] != after[0]["name"] else "changed"
