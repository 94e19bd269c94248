from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from books.forms.jobs import JobBooksQuery
from books.models import Action, Book, Change, Job
from books.views.base import CatalogueView
from books.views.job_page import annotated
from books.web import serializers
from books.web.negotiation import HTML, JSON, HTTPError, valid
from books.web.permissions import SEE_JOBS

SIZE = 100  # books on a page


class JobBooks(CatalogueView):
    """The books that a job has added or changed, in the order of their ids; those that are here still."""

    offers = JSON, HTML
    rules = {"GET": SEE_JOBS}

    async def get(self, request: HttpRequest, key: str) -> HttpResponse:
        query = valid(JobBooksQuery(request.GET))
        job = await annotated(Job.objects.filter(key=key)).afirst()
        if job is None:
            raise HTTPError(404, f"There is no job with this key. All jobs are at {reverse('job_list')}.")
        action, after = query.cleaned_data["action"] or Action.ADDED.value, query.cleaned_data["after"] or 0
        changes = Change.objects.filter(job_id=job.pk, action=action, book_id__gt=after).order_by("book_id")
        pks = [pk async for pk in changes.values_list("book_id", flat=True).distinct()[: SIZE + 1]]
        found = Book.objects.filter(pk__in=pks[:SIZE]).order_by("pk").values(*Book.objects.all().LIST_COLUMNS)
        books = [serializers.list_entry(**row) async for row in found]
        further = urlencode({"action": action, "after": pks[SIZE - 1]}) if len(pks) > SIZE else ""
        data = {"job": key, "action": action, "books": books, "next": f"{request.path}?{further}" if further else None}
        about = {"key": key, "kind": job.kind, "arguments": job.arguments, "upload": job.upload}  # type: ignore[attr-defined]
        return self.respond(data, "jobs/job_books.html", context={"job": about})
