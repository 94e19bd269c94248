"""Jobs over HTTP: started, watched, cancelled, tried again; their files fetched."""

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header

from books.forms.lists import JobQuery
from books.jobs.start import retry
from books.metadata.record import CLEANERS, Errors
from books.models import Job, JobFile
from books.views.base import CatalogueView
from books.views.job_reading import abuttons, adetail, ajob_or_404, around, atold
from books.views.job_starting import LACKING, answer, boxes, start_job, wrong
from books.views.job_words import Data
from books.views.lists import page_of, valid
from books.views.login_redirect import apop_pending_form
from books.web import parsing, serializers
from books.web.negotiation import HTML, JSON, HTTPError, page
from books.web.permissions import CHANGE_JOB, SEE_JOBS, START_JOB

LIST = "jobs/job_list.html"
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


class JobList(CatalogueView):
    """The jobs, the latest first; POST starts one and chooses its key."""

    offers = JSON, HTML
    rules = {"GET": SEE_JOBS, "POST": START_JOB}
    takes_uploads = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        data = await self._jobs(request, request.GET)
        if self.media_type == JSON:
            return self.respond(data, LIST)
        typed = await apop_pending_form(request) or request.GET  # a list of books may have sent its query along
        return page(request, LIST, {**data, **await self._around(data, typed, {})})

    async def post(self, request: HttpRequest) -> HttpResponse:
        try:
            return await start_job(self)
        except HTTPError as refusal:
            if not refusal.errors or self.media_type == JSON:
                raise
            refused = refusal
        data, typed = await self._jobs(request, QueryDict()), parsing.form(request)
        around = await self._around(data, typed, refused.errors)
        return page(request, LIST, {**data, **around}, status=refused.status)

    async def _jobs(self, request: HttpRequest, sent: QueryDict) -> Data:
        query = valid(JobQuery(sent))
        read = await Job.objects.page(Job.objects.all().ENTRY, query.cleaned_data["place"]).aread()
        return page_of("jobs", [serializers.job(row) for row in read.rows], read, request.path, query)

    async def _around(self, data: Data, typed: QueryDict, errors: Errors) -> Data:
        """What the page shows besides: the jobs in words, and the forms with what was typed and what is wrong."""
        return {
            "read_at": timezone.now(),
            "jobs": await atold(data["jobs"]),
            "may": await abuttons(self.user),
            "typed": typed.dict(),
            "wrong": wrong(typed.get("kind", "import"), errors) if errors else {},
            "boxes": boxes(typed.dict(), errors),
            "fields": ", ".join(CLEANERS),
            "lacking": LACKING,
        }


class JobDetail(CatalogueView):
    """One job, under the key that the client has chosen: POST starts it, GET tells how it goes, DELETE cancels it."""

    offers = JSON, HTML
    rules = {"GET": SEE_JOBS, "POST": START_JOB, "DELETE": CHANGE_JOB}
    takes_uploads = True

    async def get(self, request: HttpRequest, key: str) -> HttpResponse:
        job = await ajob_or_404(key)
        data = await adetail(job)
        context = await around(job, data, self.user) if self.media_type == HTML else {}
        return self.respond(data, "jobs/job_detail.html", context=context)

    async def post(self, request: HttpRequest, key: str) -> HttpResponse:
        return await start_job(self, key)

    async def delete(self, request: HttpRequest, key: str) -> HttpResponse:
        return await cancel(self, key)


class JobCancel(CatalogueView):
    """DELETE for those who have but a form."""

    offers = JSON, HTML
    rules = {"POST": CHANGE_JOB}

    async def post(self, request: HttpRequest, key: str) -> HttpResponse:
        return await cancel(self, key)


async def cancel(view: CatalogueView, key: str) -> HttpResponse:
    """202: it ends within about a second; 200: it is over already."""
    is_asked = await Job.objects.acancel(key)
    return await answer(view, await ajob_or_404(key), 202 if is_asked else 200)


class JobRetry(CatalogueView):
    """Lets a failed or cancelled job go on from where it was."""

    offers = JSON, HTML
    rules = {"POST": CHANGE_JOB}

    async def post(self, request: HttpRequest, key: str) -> HttpResponse:
        is_queued = await sync_to_async(retry)(key)
        job = await ajob_or_404(key)
        if not is_queued:
            raise HTTPError(409, f"This job is {job.status}: only one that failed or was cancelled can be tried again.")
        return await answer(self, job, 202)


class JobFileDownload(CatalogueView):
    """A file of a job's, as far as it is written by now."""

    offers = ("*/*",)
    rules = {"GET": SEE_JOBS}
    ignores_accept = True

    async def get(self, request: HttpRequest, key: str, name: str) -> HttpResponseBase:
        file = await JobFile.objects.filter(job__key=key, name=name).afirst()
        if file is None:
            raise HTTPError(404, f"This job has no such file. Those that it has are listed at /jobs/{key}/.")
        content_type = CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        headers = {
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "Content-Length": str(file.size),
        }
        if request.method == "HEAD":
            return HttpResponse(content_type=content_type, headers=headers)
        return StreamingHttpResponse(file.aread(), content_type=content_type, headers=headers)
