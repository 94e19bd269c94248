"""Authors that are probably one person, proposed for merging."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.duplicates import DuplicateQuery, MergePeopleForm, NotDuplicateForm
from books.forms.lists import DEFAULT_SIZE
from books.history.rename import TooManyBooks, edit
from books.models import Actor, Author, DifferentPeople, NameChange, StaleVersion
from books.views.base import CatalogueView
from books.views.names import TOO_MANY
from books.web import parsing, serializers
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther, valid
from books.web.permissions import CHANGE

LIST = "books/author_duplicates.html"
MAX_SHOWN = 20  # authors of a group
NO_GROUP = "No two authors have this fingerprint any more. All groups are at {}."
NOT_TWO = "Tick the names that are the same person, two or more, and keep one of them."
STALE = "One of these authors was changed, merged or deleted since you opened this page. Compare them again."


class AuthorDuplicateList(CatalogueView):
    """Groups of authors that are probably one person, in the order of their names."""

    offers = JSON, HTML
    rules = {"GET": CHANGE}

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = valid(DuplicateQuery(request.GET)).cleaned_data
        return self.respond(await apage(query["after"], query["size"]), LIST)


class AuthorDuplicateMerge(CatalogueView):
    """Merges those authors of a group that are ticked into the one to keep, each as one change that can be undone.

    A browser goes on to the next group. If nothing was merged, the same comes again, with the reason.
    """

    offers = JSON, HTML
    rules = {"POST": CHANGE}

    async def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        form, problem, status = MergePeopleForm(parsing.form(request)), NOT_TWO, 422
        if self.media_type == JSON:
            valid(form, 422)
        try:
            if form.is_valid():
                return await self._amerge(fingerprint, form.cleaned_data["author"], form.cleaned_data["keep"])
        except (Author.DoesNotExist, StaleVersion):
            problem, status = STALE, 412
        except TooManyBooks as error:
            problem, status = TOO_MANY.format(error.args[0]), 409
        if self.media_type == JSON:
            raise HTTPError(status, problem)
        ticks = [text.partition(":")[0] for text in request.POST.getlist("author")]
        context = {"problem": problem, "ticks": ticks, "kept": request.POST.get("keep")}
        groups = await apage(await abefore(fingerprint), DEFAULT_SIZE)
        return self.respond(groups, LIST, context=context, status=status)

    async def _amerge(self, fingerprint: str, seen: dict[int, int], keep: int) -> HttpResponse:
        name = await sync_to_async(merge)(fingerprint, seen, keep, self.actor)
        if self.media_type == JSON:
            return SeeOther(reverse("author_detail", args=[keep]))
        change = await NameChange.objects.filter(kind="author", into=str(keep)).alatest("pk")
        undo = f"undo {reverse('name_undo', args=[change.pk])}" if len(seen) == 2 else ""  # else there are several
        messages.success(self.request, f"{len(seen)} names are now one: “{name}”.", extra_tags=undo)
        return SeeOther(list_after(await abefore(fingerprint)))


class AuthorDuplicateDismiss(CatalogueView):
    """Marks the authors of a group as different people. One more author of the group brings it back."""

    offers = JSON, HTML
    rules = {"POST": CHANGE}

    async def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        seen = valid(NotDuplicateForm(parsing.form(request)), 422).cleaned_data
        if not await Author.objects.filter(fingerprint=fingerprint).aexists():
            raise HTTPError(404, NO_GROUP.format(reverse("author_duplicate_list")))
        await DifferentPeople.objects.amark(fingerprint, seen["count"], seen["newest"])
        return SeeOther(list_after(fingerprint))


def list_after(fingerprint: str) -> str:
    return f"{reverse('author_duplicate_list')}?{urlencode({'after': fingerprint})}"


async def abefore(fingerprint: str) -> str:
    """The fingerprint after which this one comes."""
    before = await Author.objects.filter(fingerprint__lt=fingerprint).aaggregate(last=Max("fingerprint"))
    return before["last"] or ""


async def apage(after: str, size: int) -> dict[str, Any]:
    """The groups after a fingerprint, each with its first authors, those with most books first."""
    groups, last = await DifferentPeople.objects.aunmarked(after, size)
    rows: Any = Author.objects.filter(fingerprint__in=[group["fingerprint"] for group in groups])
    found = defaultdict(list)
    async for author in rows.with_counts().order_by("pk"):
        told = serializers.author(author.pk, author.name, author.books_count, author.sort_name)
        found[author.fingerprint].append({**told, "version": author.version})
    shown = [
        {
            **group,
            "url": reverse("author_duplicate_merge", args=[group["fingerprint"]]),
            "authors": sorted(found[group["fingerprint"]], key=lambda author: -author["books"])[:MAX_SHOWN],
        }
        for group in groups
    ]
    return {"groups": shown, "next": f"{list_after(last)}&size={size}" if last else None}


@transaction.atomic
def merge(fingerprint: str, seen: Mapping[int, int], keep: int, actor: Actor) -> str:
    """Returns the name that is kept. Raises Author.DoesNotExist, StaleVersion, TooManyBooks."""
    authors = {author.pk: author for author in Author.objects.filter(pk__in=seen, fingerprint=fingerprint)}
    if authors.keys() != seen.keys():
        raise Author.DoesNotExist
    if authors[keep].version != seen[keep]:
        raise StaleVersion(authors[keep].version)
    for pk in sorted(seen.keys() - {keep}):
        edit(authors[pk], {"name": authors[keep].name}, actor, versions={seen[pk]}, merge=True)
    return authors[keep].name
