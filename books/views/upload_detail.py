"""The page "Check the columns": an uploaded list before it is imported."""

from collections.abc import Mapping
from functools import partial
from typing import Any, BinaryIO, cast

from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.uploads import EXISTING_LABELS, FIELD_LABELS, UploadForm
from books.importing.detection import ENCODINGS
from books.importing.encoding import UnreadableFile
from books.importing.formats import FORMATS
from books.importing.preview import Preview, preview
from books.jobs.start import LONGEST_NAME, start
from books.jobs.tasks.import_books import import_
from books.models import Actor, Job, JobFile, Status, Upload
from books.views.base import CatalogueView
from books.views.job_page import Data, counts, entry, with_names
from books.web import CHANGE, HTML, START_JOB, HTTPError, SeeOther, arequire, json_response, parsing

TEMPLATE = "jobs/upload_detail.html"
SHOWN_ROWS = 5
MAX_COLUMNS, MAX_CELL = 100, 120  # rows shown, and characters of each cell
AGAIN = {Status.FAILED, Status.CANCELLED}


class UploadDetail(CatalogueView):
    """How an uploaded list would be read. POST corrects that, starts a test run or the import, or discards the list."""

    rules = {"GET": START_JOB, "POST": START_JOB, "DELETE": START_JOB}

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        upload = await self._upload(pk)
        if (job := upload.file.job) and job.status not in AGAIN:
            return SeeOther(job.get_absolute_url())
        return await self._page(upload)

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        upload = await self._upload(pk)
        form = await parsing.aform(request, partial(UploadForm, preview=upload.preview))
        if not form.is_valid():
            return await self._again(upload, form)
        if form.cleaned_data["action"] == "discard":
            return await self.delete(request, pk)
        if form.cleaned_data["action"] == "show" or form.needs_new_preview:
            return await self._read_again(upload, form)
        return await self._start(upload, form)

    async def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        upload = await self._upload(pk)
        if not upload.file.job:
            await JobFile.objects.filter(pk=upload.file_id, job=None).adelete()
        return SeeOther(reverse("job_list")) if self.media_type == HTML else HttpResponse(status=204)

    async def _upload(self, pk: int) -> Upload:
        await arequire(self.user, CHANGE)
        return await Upload.objects.select_related("file__job", "test").aget(pk=pk, user=self.user.account)

    async def _page(self, upload: Upload) -> HttpResponse:
        return self.respond(serialized(upload), TEMPLATE, context=await page_context(upload))

    async def _again(self, upload: Upload, form: UploadForm) -> HttpResponse:
        if len(chosen := self.request.POST.getlist("column")) == len(upload.fields):
            upload.fields = chosen  # shown again but not saved
        return self.respond_again(form, TEMPLATE, **serialized(upload), **await page_context(upload))

    async def _read_again(self, upload: Upload, form: UploadForm) -> HttpResponse:
        format_name, encoding = form.cleaned_data["format"], form.cleaned_data["encoding"]
        try:
            await sync_to_async(read_again)(upload, format_name, encoding)
        except UnreadableFile as error:
            form.add_error("format" if format_name else "encoding", str(error))
            return await self._again(upload, form)
        return SeeOther(f"{self.request.path}#columns") if self.media_type == HTML else await self._page(upload)

    async def _start(self, upload: Upload, form: UploadForm) -> HttpResponse:
        if upload.test:
            await Job.objects.acancel(upload.test.key)
        upload.fields, upload.existing = form.cleaned_data["column"], form.cleaned_data["existing"]
        is_test = form.cleaned_data["action"] == "test"
        job = await sync_to_async(start_job)(upload, form.arguments(), self.actor, dry_run=is_test)
        if self.media_type == HTML:
            return SeeOther(f"{self.request.path}#report" if is_test else job.get_absolute_url())
        now = await Upload.objects.select_related("file__job", "test").aget(pk=upload.pk)
        return json_response(serialized(now), status=202, headers={"Location": job.get_absolute_url()})


def previewed(file: "UploadedFile[bytes]", arguments: Mapping[str, Any]) -> Preview:
    """How the file would be read."""
    content = cast("BinaryIO", file)
    mapping, format_name, encoding = (arguments[name] for name in ("mapping", "format", "encoding"))
    try:
        found = preview(content, mapping=mapping, format_name=format_name, encoding=encoding)
    except UnreadableFile as error:
        raise HTTPError(422, errors={"file": [str(error)]}) from None
    content.seek(0)
    return found


def stored(file: "UploadedFile[bytes]") -> JobFile:
    return JobFile.objects.store((file.name or "file")[-LONGEST_NAME:], cast("BinaryIO", file))


def store(file: "UploadedFile[bytes]", arguments: Mapping[str, Any], user_id: int) -> Upload:
    """Keep the file for its owner to check."""
    found = previewed(file, arguments)
    upload = Upload(file=stored(file), user_id=user_id, existing=arguments["existing"])
    show(upload, found)
    Upload.objects.drop_oldest(user_id)
    return upload


def read_again(upload: Upload, format_name: str, encoding: str) -> None:
    with upload.file.open() as file:
        found = preview(file, format_name=format_name, encoding=encoding)
    show(upload, found)


def show(upload: Upload, found: Preview) -> None:
    upload.preview = plain(found)
    upload.fields = [column["proposed"] for column in upload.preview["columns"]]
    known = FORMATS.get(found.format)
    upload.existing = upload.existing or (known.default_existing(found.header) if known else "fill")
    upload.test = None
    upload.save()


def plain(found: Preview) -> Data:
    """The preview as JSON: each column with its first values, those that are used first."""
    rows = found.rows[:SHOWN_ROWS]
    columns = [
        {
            "name": storable(name),
            "proposed": found.uses.get(name, ""),
            "values": [shown(row[place]) if place < len(row) else "" for row in rows],
        }
        for place, name in enumerate(found.header)
    ]
    columns.sort(key=lambda column: not column["proposed"])
    return {
        "encoding": found.encoding,
        "candidates": {name: [shown(line) for line in lines] for name, lines in found.candidates.items()},
        "format": found.format,
        "title": found.title,
        "columns": columns[:MAX_COLUMNS],
        "further": max(len(columns) - MAX_COLUMNS, 0),
    }


def shown(text: str) -> str:
    return storable(text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…")


def storable(text: str) -> str:
    """Without the characters that PostgreSQL rejects in JSON."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


@transaction.atomic
def start_job(upload: Upload, arguments: Data, actor: Actor, *, dry_run: bool) -> Job:
    """Start a test run, or the import, which uses up the file and so happens once."""
    file = JobFile.objects.select_for_update().get(pk=upload.file_id)
    if file.job and file.job.status not in AGAIN:
        return file.job
    arguments = {**arguments, "dry_run": dry_run, "file": file.pk}
    job, _ = start(import_, arguments, by=actor, file=None if dry_run else file)
    upload.test = job if dry_run else upload.test
    upload.save(update_fields=["fields", "existing", "test"])
    return job


def serialized(upload: Upload) -> Data:
    job = upload.file.job
    return {
        "id": upload.pk,
        "url": reverse("upload_detail", args=[upload.pk]),
        "name": upload.file.name,
        "size": upload.file.size,
        **{name: upload.preview[name] for name in ("format", "encoding", "candidates")},
        "columns": [
            {"name": column["name"], "field": field, "values": column["values"]}
            for column, field in zip(upload.preview["columns"], upload.fields, strict=True)
        ],
        "existing": upload.existing,
        "test": upload.test and upload.test.get_absolute_url(),
        "job": job and job.get_absolute_url(),
        "created_at": upload.created_at,
    }


async def page_context(upload: Upload) -> Data:
    columns = upload.preview["columns"]
    rows = zip(*(column["values"] for column in columns), strict=True)
    return {
        "rows": [list(zip(row, upload.fields, strict=True)) for row in rows],
        "unused": [column["name"] for column, field in zip(columns, upload.fields, strict=True) if not field],
        "title": upload.preview["title"],
        "further": upload.preview["further"],
        "fields": FIELD_LABELS.items(),
        "chosen": upload.fields,
        "existing_choices": EXISTING_LABELS.items(),
        "formats": [(name, known.title or name) for name, known in FORMATS.items()],
        "encodings": ENCODINGS.items(),
        "report": await areport(upload.test.pk) if upload.test else None,
    }


async def areport(pk: int) -> Data:
    """The last test run, as on its own page."""
    job = await with_names(Job.objects.all()).aget(pk=pk)
    files = [file async for file in job.files.exclude(digest__gt="").order_by("id").values("name", "size")]
    return {**entry(vars(job)), "counts": counts(job.result), "files": files}
