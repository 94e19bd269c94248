"""Authors that are probably one person: their names have the same words, however they are spelled."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.duplicates import DuplicateQuery, MergePeopleForm, NotDuplicateForm
from books.history.rename import TooManyBooks, edit
from books.models import Actor, Author, DifferentPeople, StaleVersion
from books.views.base import CatalogueView
from books.views.names import TOO_MANY
from books.web import parsing, serializers
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther, valid
from books.web.permissions import CHANGE

MAX_SHOWN = 20  # authors of a group
NO_GROUP = "No two authors have this fingerprint any more. All groups are at {}."
STALE = "One of these authors was changed, merged or deleted since you opened this page. Compare them again."
Group = dict[str, Any]


class AuthorDuplicateList(CatalogueView):
    """Groups of authors that are probably one person, in the order of their names."""

    offers = JSON, HTML
    rules = {"GET": CHANGE}

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = valid(DuplicateQuery(request.GET)).cleaned_data
        groups, last = await agroups(query["after"], query["size"])
        next_url = f"{request.path}?{urlencode({'size': query['size'], 'after': last})}" if last else None
        return self.respond({"groups": await awith_authors(groups), "next": next_url}, "books/author_duplicates.html")


class AuthorDuplicateMerge(CatalogueView):
    """Merges those authors of a group that are named into the one to keep, each as one change that can be undone."""

    offers = JSON, HTML
    rules = {"POST": CHANGE}

    async def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        form = valid(MergePeopleForm(parsing.form(request)), 422)
        seen, keep = form.cleaned_data["author"], form.cleaned_data["keep"]
        try:
            await sync_to_async(merge)(fingerprint, seen, keep, self.actor)
        except (Author.DoesNotExist, StaleVersion):
            raise HTTPError(412, STALE) from None
        except TooManyBooks as error:
            raise HTTPError(409, TOO_MANY.format(error.args[0])) from None
        return SeeOther(reverse("author_detail", args=[keep]))


class AuthorDuplicateDismiss(CatalogueView):
    """Marks the authors of a group as different people. One more author of the group brings it back."""

    offers = JSON, HTML
    rules = {"POST": CHANGE}

    async def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        seen = valid(NotDuplicateForm(parsing.form(request)), 422).cleaned_data
        if not await Author.objects.filter(fingerprint=fingerprint).aexists():
            raise HTTPError(404, NO_GROUP.format(reverse("author_duplicate_list")))
        await DifferentPeople.objects.amark(fingerprint, seen["count"], seen["newest"])
        return SeeOther(f"{reverse('author_duplicate_list')}?{urlencode({'after': fingerprint})}")


async def agroups(after: str, size: int) -> tuple[list[Group], str]:
    """The groups after a fingerprint that nobody has marked, and the one to continue after, if any."""
    marks = {mark.fingerprint: mark async for mark in DifferentPeople.objects.filter(fingerprint__gt=after)}
    rows: Any = Author.objects.filter(fingerprint__gt=after).values("fingerprint")
    groups = rows.annotate(count=Count("pk"), newest=Max("pk")).filter(count__gt=1).order_by("fingerprint")
    found = [group async for group in groups[: len(marks) + size + 1] if not is_marked(group, marks)]
    return found[:size], found[size - 1]["fingerprint"] if len(found) > size else ""


def is_marked(group: Group, marks: Mapping[str, DifferentPeople]) -> bool:
    """Whether all authors of the group were there when somebody marked them as different people."""
    mark = marks.get(group["fingerprint"])
    return mark is not None and group["count"] <= mark.count and group["newest"] <= mark.newest


async def awith_authors(groups: list[Group]) -> list[Group]:
    """Each group with its first authors, those with most books first."""
    prints = [group["fingerprint"] for group in groups]
    rows: Any = Author.objects.filter(fingerprint__in=prints).with_counts().order_by("pk")
    found = defaultdict(list)
    async for author in rows:
        told = serializers.author(author.pk, author.name, author.books_count, author.sort_name)
        found[author.fingerprint].append({**told, "version": author.version})
    return [
        {
            **group,
            "url": reverse("author_duplicate_merge", args=[group["fingerprint"]]),
            "authors": sorted(found[group["fingerprint"]], key=lambda author: -author["books"])[:MAX_SHOWN],
        }
        for group in groups
    ]


@transaction.atomic
def merge(fingerprint: str, seen: Mapping[int, int], keep: int, actor: Actor) -> None:
    """Raises Author.DoesNotExist, StaleVersion, TooManyBooks."""
    authors = {author.pk: author for author in Author.objects.filter(pk__in=seen, fingerprint=fingerprint)}
    if authors.keys() != seen.keys():
        raise Author.DoesNotExist
    if authors[keep].version != seen[keep]:
        raise StaleVersion(authors[keep].version)
    for pk in sorted(seen.keys() - {keep}):
        edit(authors[pk], {"name": authors[keep].name}, actor, versions={seen[pk]}, merge=True)
