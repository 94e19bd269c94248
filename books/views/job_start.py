"""Starts, cancels and resumes jobs: reads the request, checks permissions, and recognises repeated requests."""

from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse

from books.forms.jobs import ListField
from books.forms.uploads import FINDS_ITS_BOOK
from books.importing.formats import FORMATS
from books.jobs.kinds import KINDS, Kind
from books.jobs.pruning import PREFIXES
from books.jobs.start import KeyTaken, astart
from books.metadata.record import Errors
from books.models import Job, JobFile, KeyReused
from books.models.fields import digest_of
from books.views import upload_detail as uploads
from books.views.base import CatalogueView
from books.views.job_page import adetail
from books.web import HTML, HTTPError, RequestUser, SeeOther, arequire, errors_of, json_response, parsing
from django41_example.server.threads import in_thread

FILE = "file"  # the field with the file to import
SEND_FILE = f"Choose a list first. Programs send it as the file “{FILE}”."
UNCLEAR_COLUMNS = "None of these columns is known to hold a title or an ISBN: send mapping, such as title=COLUMN."
UNCLEAR_LETTERS = "The letters of this file can be read in several ways: send encoding, one of the candidates."
KEY_OF_OURS = f"Keys that begin with {' or '.join(PREFIXES)} are for the catalogue's own jobs: choose another."


class Wanted(NamedTuple):
    """A requested job: its kind, its arguments, and the file to import, if any."""

    kind: Any  # its name as sent, then the Kind
    arguments: dict[str, Any]
    file: "UploadedFile[bytes] | None" = None


class JobView(CatalogueView):
    """The base class of views that start and change jobs."""

    async def aread_wanted(self) -> Wanted:
        """The requested job with canonical arguments, which the user may start."""
        sent = await in_thread(read, self.request)
        kind = await aauthorized_kind(sent.kind, self.user)
        return Wanted(kind, await in_thread(clean, kind, sent), sent.file)

    async def start(self, wanted: Wanted, key: str = "") -> HttpResponse:
        """202 if it is started, 200 if the same request has already started it.

        Without a key in the URL, the job's key is made from the Idempotency-Key. Raises HTTPError, KeyReused, KeyTaken.
        """
        if key.startswith(PREFIXES):
            raise HTTPError(422, errors={"key": [KEY_OF_OURS]})
        once = "" if key else parsing.idempotency_key(self.request)
        file = await sync_to_async(store_list)(wanted.file, wanted.arguments) if wanted.file else None
        if once:
            key = digest_of(f"{self.actor.user_id}:{once}")
        try:
            job, is_new = await astart(wanted.kind.task, wanted.arguments, key=key, by=self.actor, file=file)
        except KeyTaken:
            if once:
                raise KeyReused from None
            raise
        return await self.respond_with_job(job, 202 if is_new else 200)

    async def cancel(self, key: str) -> HttpResponse:
        """202 if it will end within about a second, 200 if it has ended already."""
        await self.aauthorize_change(key)
        is_cancelled = await Job.objects.acancel(key)
        return await self.respond_with_job(await Job.objects.aget(key=key), 202 if is_cancelled else 200)

    async def aauthorize_change(self, key: str) -> None:
        """Cancelling or resuming a job requires the same permissions as starting it."""
        kind = KINDS.get((await Job.objects.aget(key=key)).kind)
        if kind and kind.rule:
            await arequire(self.user, kind.rule)

    async def respond_with_job(self, job: Job, status: int) -> HttpResponse:
        """The current job; a browser is redirected to its page."""
        url = job.get_absolute_url()
        if self.media_type == HTML:
            return SeeOther(url)
        return json_response(await adetail(job, self.user), status=status, headers={"Location": url})


def read(request: HttpRequest) -> Wanted:
    """Read a form, with or without a file, or JSON. No body means a clock. Call it in a thread: a file may be large."""
    if request.content_type == parsing.MULTIPART or (parsing.body(request) and parsing.is_form(request)):
        return read_form(request)
    if not parsing.body(request):
        return Wanted("clock", {})
    sent = parsing.json_object(request)
    if unknown := sent.keys() - {"kind", "arguments"}:
        name = parsing.printable(min(unknown))
        raise HTTPError(422, errors={name: ["No such field. A job is started with kind and arguments."]})
    wanted = Wanted(sent.get("kind", "clock"), sent.get("arguments", {}))
    if not isinstance(wanted.arguments, dict):
        raise HTTPError(422, errors={"arguments": ["Write an object."]})
    return wanted


def read_form(request: HttpRequest) -> Wanted:
    """Read a form, whose fields are arguments. With a field for a file it is an import."""
    sent, files = parsing.form_with_files(request), request.FILES
    errors: Errors = {
        parsing.printable(name): ["Send this once."]
        for name in {*sent, *files}
        if len(sent.getlist(name)) + len(files.getlist(name)) > 1
    }
    errors |= {parsing.printable(name): [f"Send the file as {FILE}."] for name in files if name != FILE}
    if sent.get(FILE):
        errors[FILE] = [SEND_FILE]
    if errors:
        raise HTTPError(422, errors=errors)
    fields: dict[str, Any] = sent.dict()
    is_import = FILE in files or fields.pop(FILE, None) is not None  # an empty file input is sent as a field
    return Wanted(fields.pop("kind", "import" if is_import else "clock"), fields, files.get(FILE))


def store_list(file: "UploadedFile[bytes]", arguments: dict[str, Any]) -> JobFile:
    """Store the file to import. Raises 422 if neither its header nor the request says what its columns are."""
    found = uploads.previewed(file, arguments)
    is_unclear = found.format not in FORMATS and not FINDS_ITS_BOOK & found.mapping.keys()
    if found.candidates or is_unclear:
        about = {
            "header": [*found.header],
            "mapping": {**found.mapping},
            "candidates": {name: [*lines] for name, lines in found.candidates.items()},
        }
        reason = UNCLEAR_LETTERS if found.candidates else UNCLEAR_COLUMNS
        raise HTTPError(422, errors={FILE: [reason]}, more=about)
    return uploads.stored(file)


async def aauthorized_kind(name: object, user: RequestUser) -> Kind:
    known = {name: kind for name, kind in KINDS.items() if settings.LAB or not kind.is_for_lab}
    kind = known.get(name) if isinstance(name, str) else None
    if kind is None:
        raise HTTPError(422, errors={"kind": [f"There is no such kind of job. The kinds are {', '.join(known)}."]})
    if kind.rule:
        await arequire(user, kind.rule)
    return kind


def clean(kind: Kind, wanted: Wanted) -> dict[str, Any]:
    """The canonical arguments, or 422 with the reasons. May query the database."""
    form, known = kind.form(wanted.arguments), kind.form.base_fields
    errors: Errors = errors_of(form)
    for name, value in wanted.arguments.items():
        if name not in known:
            takes = ", ".join(known) or "none"
            errors[parsing.printable(name)] = [f"No such argument. A job of this kind takes {takes}."]
        elif isinstance(value, list) and not isinstance(known[name], ListField):
            errors[name] = ["Write one value."]
    if kind.takes_file != bool(wanted.file):
        errors[FILE] = [SEND_FILE if kind.takes_file else "This kind takes no file."]
    if errors:
        raise HTTPError(422, errors=errors)
    return form.arguments()
