"""Authors who are probably one person, to be merged."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.duplicates import DuplicateQuery, MergePeopleForm
from books.forms.fields import DEFAULT_SIZE
from books.history.duplicates import aauthor_groups
from books.history.rename import edit
from books.models import Actor, Author, NameChange, StaleVersion
from books.views.base import CatalogueView
from books.views.duplicates import MergeView, list_after, no_group
from books.web import CHANGE, serializers, valid

TEMPLATE, LIST = "books/author_duplicates.html", "author_duplicate_list"
MAX_SHOWN = 20  # authors in a group


class AuthorDuplicateList(CatalogueView):
    """Groups of authors who are probably one person, in the order of their names."""

    rules = {"GET": CHANGE}

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = valid(DuplicateQuery(request.GET)).cleaned_data
        return self.respond(await apage(query["after"], query["size"]), TEMPLATE)


class AuthorDuplicateMerge(MergeView):
    """The same list from one group on. POST merges the ticked authors into one; each merge can be undone."""

    form, field = MergePeopleForm, "author"
    not_two = "Tick the names that are the same person, two or more, and keep one of them."
    stale = "One of these authors was changed, merged or deleted since you opened this page. Compare them again."

    async def ashow(self, key: str) -> HttpResponse:
        page = await apage(await abefore(key), DEFAULT_SIZE)
        if not self.problem and not any(group["fingerprint"] == key for group in page["groups"]):
            raise no_group(LIST)
        return self.respond_with(page, TEMPLATE, ticks=self.ticked(), kept=self.request.POST.get("keep"))

    async def amerge(self, form: MergePeopleForm, key: str) -> tuple[str, str, str]:
        seen, keep = form.cleaned_data["author"], form.cleaned_data["keep"]
        name = await sync_to_async(merge)(key, seen, keep, self.actor)
        change = await NameChange.objects.filter(kind="author", into=str(keep)).alatest("pk")
        undo_url = reverse("name_undo", args=[change.pk]) if len(seen) == 2 else ""
        return reverse("author_detail", args=[keep]), f"{len(seen)} names are now one: “{name}”.", undo_url

    async def anext(self, kept: str, key: str) -> str:
        return list_after(LIST, await abefore(key))


async def abefore(fingerprint: str) -> str:
    """The fingerprint before this one."""
    before = await Author.objects.filter(fingerprint__lt=fingerprint).aaggregate(last=Max("fingerprint"))
    return before["last"] or ""


async def apage(after: str, size: int) -> dict[str, Any]:
    """The groups after a fingerprint, each with its first authors, ordered by their number of books."""
    groups, last = await aauthor_groups(after, size)
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
    return {"groups": shown, "next": f"{list_after(LIST, last)}&size={size}" if last else None}


@transaction.atomic
def merge(fingerprint: str, seen: Mapping[int, int], keep: int, actor: Actor) -> str:
    """Returns the kept name. Raises Author.DoesNotExist, StaleVersion, TooManyBooks."""
    authors = {author.pk: author for author in Author.objects.filter(pk__in=seen, fingerprint=fingerprint)}
    if authors.keys() != seen.keys():
        raise Author.DoesNotExist
    if authors[keep].version != seen[keep]:
        raise StaleVersion
    for pk in sorted(seen.keys() - {keep}):
        edit(authors[pk], {"name": authors[keep].name}, actor, versions={seen[pk]}, merge=True)
    return authors[keep].name
