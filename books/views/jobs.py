"""Jobs over HTTP: starts, lists, follows, cancels and resumes them, and serves their files."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode

from books.backup.writing import aread, folder
from books.exporting import EXPORT_FORMATS
from books.forms.jobs import JobBooksQuery
from books.forms.lists import JobQuery
from books.jobs.events import stream
from books.jobs.start import retry
from books.models import Action, Book, Change, Job, JobFile
from books.models.job import JobQuerySet
from books.views.base import CatalogueView
from books.views.job_page import COLUMNS, Data, adetail, detail_context, list_context, with_names
from books.views.job_start import JobView
from books.views.lists import serialize_page
from books.views.login_redirect import apop_pending_form
from books.views.upload_detail import store
from books.web import HTML, JSON, HTTPError, SeeOther, json_response, page, parsing, serializers, valid
from books.web.permissions import BACKUP_FILE, CHANGE_JOB, SEE_JOBS, START_JOB, ais_still_allowed, arequire

LIST = "jobs/job_list.html"
EVENTS = "text/event-stream"
LATEST = 20  # jobs at the start of the stream of all jobs
BOOKS = 100  # of a job, on its page
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # nginx would hold events back


class JobList(JobView):
    """The jobs, latest first; POST starts one and chooses its key."""

    rules = {"GET": SEE_JOBS, "POST": START_JOB}
    takes_uploads = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        data, rows = await self._jobs(request, request.GET)
        if self.media_type == JSON:
            return self.respond(data, LIST)
        typed = await apop_pending_form(request) or request.GET  # a list of books may have sent its query
        return page(request, LIST, {**data, **list_context(rows, typed.dict(), {})})

    async def post(self, request: HttpRequest) -> HttpResponse:
        try:
            wanted = await self.aread_wanted()
            if self.media_type == HTML and wanted.file:
                upload = await sync_to_async(store)(wanted.file, wanted.arguments, self.user.account.pk)
                return SeeOther(reverse("upload_detail", args=[upload.pk]))
            return await self.start(wanted)
        except HTTPError as error:
            if not error.errors or self.media_type == JSON:
                raise
            status, errors = error.status, error.errors
        data, rows = await self._jobs(request, QueryDict())
        context = list_context(rows, parsing.form_with_files(request).dict(), errors)
        return page(request, LIST, {**data, **context}, status=status)

    async def _jobs(self, request: HttpRequest, sent: QueryDict) -> tuple[Data, list[Data]]:
        """A page of the jobs as JSON, and its rows."""
        query = valid(JobQuery(sent))
        found = await with_names(Job.objects.all()).apage(COLUMNS, query.page)
        links = found.links(request.path, query.urlencoded)
        return serialize_page("jobs", [serializers.job(row) for row in found.rows], found, links), found.rows


class JobDetail(JobView):
    """One job, under a key that the client may choose: POST starts it, GET shows it, DELETE cancels it."""

    rules = {"GET": SEE_JOBS, "POST": START_JOB, "DELETE": CHANGE_JOB}
    takes_uploads = True

    async def get(self, request: HttpRequest, key: str) -> HttpResponse:
        job = await with_names(Job.objects.all()).aget(key=key)
        if self.media_type == JSON:
            return json_response(await adetail(job, self.user))
        return page(request, "jobs/job_detail.html", await detail_context(job, self.user))

    async def post(self, request: HttpRequest, key: str) -> HttpResponse:
        return await self.start(await self.aread_wanted(), key)

    async def delete(self, request: HttpRequest, key: str) -> HttpResponse:
        return await self.cancel(key)


class JobCancel(JobView):
    """DELETE for HTML forms."""

    rules = {"POST": CHANGE_JOB}

    async def post(self, request: HttpRequest, key: str) -> HttpResponse:
        return await self.cancel(key)


class JobRetry(JobView):
    """Resumes a failed or cancelled job."""

    rules = {"POST": CHANGE_JOB}

    async def post(self, request: HttpRequest, key: str) -> HttpResponse:
        await self.aauthorize_change(key)
        is_queued = await sync_to_async(retry)(key)
        job = await Job.objects.aget(key=key)
        if not is_queued:
            raise HTTPError(409, f"This job is {job.status}: only one that failed or was cancelled can be tried again.")
        return await self.respond_with_job(job, 202)


class JobFileDownload(CatalogueView):
    """A file of a job, as far as it has been written."""

    offers = ("*/*",)
    rules = {"GET": SEE_JOBS}
    ignores_accept = True
    is_download = True

    async def get(self, request: HttpRequest, key: str, name: str) -> HttpResponseBase:
        file = await JobFile.objects.select_related("job").filter(job__key=key, name=name).afirst()
        if file is None:
            raise HTTPError(404, f"This job has no such file. See {reverse('job_detail', args=[key])}.")
        is_backup = file.job is not None and file.job.kind == "backup"
        content = await self._backup(file) if is_backup else file.aread()
        known = next((known for known in EXPORT_FORMATS.values() if name.endswith(f".{known.extension}")), None)
        other = "application/zip" if is_backup else "application/octet-stream"
        headers = {
            "Content-Type": known.content_type if known else other,
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "Content-Length": str(file.size),
        }
        return StreamingHttpResponse(content, headers=headers)

    async def _backup(self, file: JobFile) -> AsyncIterator[bytes]:
        """A backup, from the disk of the machine that wrote it."""
        await arequire(self.user, BACKUP_FILE)
        path = folder() / file.name
        if not await sync_to_async(path.is_file)():
            raise HTTPError(404, f"The backup {file.name} is not on this machine, or no longer.")
        return aread(path)


class JobBooks(CatalogueView):
    """The books that a job has added or changed, in the order of their ids, without deleted ones."""

    rules = {"GET": SEE_JOBS}

    async def get(self, request: HttpRequest, key: str) -> HttpResponse:
        query = valid(JobBooksQuery(request.GET))
        job: Any = await with_names(Job.objects.all()).aget(key=key)
        action, after = query.cleaned_data["action"] or Action.ADDED.value, query.cleaned_data["after"] or 0
        changes = Change.objects.filter(job_id=job.pk, action=action, book_id__gt=after).order_by("book_id")
        pks = [pk async for pk in changes.values_list("book_id", flat=True).distinct()[: BOOKS + 1]]
        found = Book.objects.filter(pk__in=pks[:BOOKS]).order_by("pk").values_list(*Book.objects.all().LIST_COLUMNS)
        books = serializers.list_entries([row async for row in found])
        further = urlencode({"action": action, "after": pks[BOOKS - 1]}) if len(pks) > BOOKS else ""
        data = {"job": key, "action": action, "books": books, "next": f"{request.path}?{further}" if further else None}
        about = {"key": key, "kind": job.kind, "arguments": job.arguments, "upload": job.upload}
        return self.respond(data, "jobs/job_books.html", context={"job": about})


class JobEvents(CatalogueView):
    """One job until it ends, or all jobs, as server-sent events."""

    offers = (EVENTS,)
    rules = {"GET": SEE_JOBS}

    async def get(self, request: HttpRequest, key: str | None = None) -> HttpResponseBase:
        first = Job.objects.filter(key=key) if key else Job.objects.order_by("-id")[:LATEST]
        if key:
            await first.aget()
        ais_allowed = partial(ais_still_allowed, request, self.rules)
        events = stream(key, first.values(*JobQuerySet.ENTRY), request.headers.get("Last-Event-ID", ""), ais_allowed)
        return StreamingHttpResponse(events, content_type=EVENTS, headers=UNBUFFERED)
