"""What a request that starts a job asks for, read and answered."""

from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple, cast

from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse

from books.forms.books import BookForm
from books.jobs.kinds import KINDS, Kind, ListField
from books.jobs.start import KeyTaken, astart
from books.jobs.tasks.lookup_books import MISSING
from books.metadata.record import Errors
from books.models import Channel, Job, JobFile
from books.views.base import CatalogueView
from books.views.job_reading import adetail
from books.web import parsing
from books.web.authentication import RequestUser
from books.web.negotiation import HTML, HTTPError, SeeOther, errors_of, json_response

LONGEST_NAME = 200  # characters of a file's name, the last: names of results are made from it
TAKEN = "Another job has this key: choose another key, or look at it at {}."
LABELS = {
    "file": "List",
    "mapping": "Columns",
    "seconds": "Seconds",
    "isbns": "ISBNs",
    "without": "All books without",
    "q": "Words of title or author",
    "topic": "Topic",
    "language": "Language",
    "year": "Year",
}
NARROWING = {"q": "kokoro", "topic": "novels", "language": "ja", "year": "1950..1960"}  # with an example of each
LACKING = {name: BookForm.base_fields[name].label for name in MISSING}  # what books may be looked up for
CHOOSE = "Choose a list first: a file in CSV or JSON Lines."


class Asked(NamedTuple):
    kind: str = "clock"
    arguments: dict[str, Any] = {}
    file: "UploadedFile[bytes] | None" = None


async def start_job(view: CatalogueView, key: str = "") -> HttpResponse:
    """Start what the body asks for: 202; 200 if this same request has started it before, 409 if another has."""
    channel = Channel.PAGE if view.media_type == HTML else Channel.API
    asked = await sync_to_async(read)(view.request)
    kind = await akind(asked, view.user)
    arguments = await sync_to_async(cleaned)(kind, asked)
    file = await sync_to_async(store)(asked.file) if asked.file else None
    try:
        job, is_new = await astart(kind.task, arguments, key=key, by=view.user.actor(channel), file=file)
    except KeyTaken:
        raise HTTPError(409, TAKEN.format(f"/jobs/{key}/")) from None
    return await answer(view, job, 202 if is_new else 200)


async def answer(view: CatalogueView, job: Job, status: int) -> HttpResponse:
    """The job as it is now; a browser is led to its page."""
    address = job.get_absolute_url()
    if view.media_type == HTML:
        return SeeOther(address)
    return json_response(await adetail(job), status=status, headers={"Location": address})


def read(request: HttpRequest) -> Asked:
    """A form, with a file or without, or JSON; nothing at all is a clock. In a thread: an upload may be large."""
    if request.content_type == parsing.MULTIPART or (parsing.body(request) and parsing.is_form(request)):
        fields: dict[str, Any] = parsing.form(request).dict()
        file = request.FILES.get("file")
        return Asked(fields.pop("kind", "import" if file else "clock"), fields, file)
    if not parsing.body(request):
        return Asked()
    sent = parsing.json_object(request)
    if unknown := sent.keys() - {"kind", "arguments"}:
        name = parsing.printable(min(unknown))
        raise HTTPError(422, errors={name: ["No such field. A job is started with kind and arguments."]})
    asked = Asked(**sent)
    if not isinstance(asked.arguments, dict):
        raise HTTPError(422, errors={"arguments": ["Write an object."]})
    return asked


async def akind(asked: Asked, user: RequestUser) -> Kind:
    kind = KINDS.get(asked.kind) if isinstance(asked.kind, str) else None
    if kind is None:
        raise HTTPError(422, errors={"kind": [f"There is no such kind of job. There are {', '.join(KINDS)}."]})
    if not await user.ahas_perm(kind.permission):
        raise HTTPError(403, f"Your account lacks the permission {kind.permission}: ask an administrator for it.")
    return kind


def cleaned(kind: Kind, asked: Asked) -> dict[str, Any]:
    """The arguments in their canonical form. Refuses with 422, each with its reasons. May ask the database."""
    form = kind.form(asked.arguments)
    errors: Errors = errors_of(form)
    for name, value in asked.arguments.items():
        if name not in form.fields:
            takes = ", ".join(form.fields) or "none"
            errors[parsing.printable(name)] = [f"No such argument. A job of this kind takes {takes}."]
        elif isinstance(value, list) and not isinstance(form.fields[name], ListField):
            errors[name] = ["Write one value."]
    if kind.takes_file != bool(asked.file):
        says = "Send the list as a file: curl -F file=@books.csv." if kind.takes_file else "This kind takes no file."
        errors["file"] = [says]
    if errors:
        raise HTTPError(422, errors=errors)
    return form.arguments()


def store(file: "UploadedFile[bytes]") -> JobFile:
    return JobFile.objects.store((file.name or "file")[-LONGEST_NAME:], cast("BinaryIO", file))


def wrong(kind: str, errors: Errors) -> dict[str, dict[str, dict[str, str]]]:
    """What is wrong with a form of the page of jobs: by the kind it starts, and the name of the box."""
    said = {**errors, "file": [CHOOSE]} if "file" in errors else errors
    fields = {
        name: {"label": LABELS.get(name, name.capitalize()), "reason": " ".join(reasons)}
        for name, reasons in said.items()
    }
    return {kind: fields}


def boxes(typed: Mapping[str, Any], errors: Errors) -> list[dict[str, Any]]:
    """The boxes that narrow an export, as they were typed."""
    return [
        {
            "name": name,
            "label": LABELS[name],
            "example": example,
            "typed": typed.get(name, ""),
            "reason": " ".join(errors.get(name, [])),
        }
        for name, example in NARROWING.items()
    ]
