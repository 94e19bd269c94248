"""The data on the pages of jobs that is not in the JSON. The words are in templates/jobs/_words.html."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Case, F, OuterRef, Subquery, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone

from books.exporting import EXPORT_FORMATS
from books.forms.jobs import LookupForm
from books.forms.uploads import EXISTING_LABELS, FIELD_LABELS
from books.importing.detection import ENCODINGS
from books.importing.formats import FORMATS
from books.jobs.kinds import KINDS
from books.jobs.tasks.undo_import import UNDOABLE
from books.metadata.record import Errors
from books.models import Job, JobFile, Upload, Worker
from books.models.job import ACTIVE, JobQuerySet, Status
from books.web import RequestUser, serializers
from books.web.permissions import BACKUP_FILE, amay

LATEST, MOST = 3, 6  # jobs on the page: the latest ones, and at most so many if they are active
SHOWN = 5  # values of a list
PAGE_COLUMNS = ("by", "upload", "arguments")  # in addition to those in the JSON
COLUMNS = (*JobQuerySet.ENTRY, *PAGE_COLUMNS)
COUNTS = (
    *("created", "updated", "completed", "unchanged", "unknown", "rejected", "failed", "notes", "similar"),
    *("books", "changed", "undone", "removed", "kept", "ticks", "pruned"),
)
FORMAT_LABELS = {name: known.label for name, known in EXPORT_FORMATS.items()}
VALUES = {  # of arguments, for people
    "encoding": ENCODINGS,
    "existing": EXISTING_LABELS,
    "format": {name: known.title for name, known in FORMATS.items()} | FORMAT_LABELS,
    "without": FIELD_LABELS,
}
SHOWN_ELSEWHERE = {"query", "dry_run", "job", "file", "daily"}  # arguments

Data = dict[str, Any]


def with_names(jobs: JobQuerySet) -> JobQuerySet:
    """With the name of who started each job, and of the file that it imports, or whose import it undoes."""
    uploads = JobFile.objects.exclude(digest="").values("name")
    own, undone = uploads.filter(job=OuterRef("pk"))[:1], uploads.filter(job__key=OuterRef("undoes"))[:1]
    tested = uploads.filter(pk=OuterRef("tests"))[:1]
    upload = Coalesce(Subquery(own), Subquery(undone), Subquery(tested))
    arguments = {"undoes": KT("arguments__job"), "tests": Cast(KT("arguments__file"), BigIntegerField())}
    return jobs.annotate(by=F("created_by__username"), **arguments, upload=upload)


def entry(row: Mapping[str, Any]) -> Data:
    """A job in a list, from the COLUMNS of `annotated` jobs."""
    job = serializers.job(row)
    is_running = job["status"] == Status.RUNNING
    is_ending = is_running and job["cancel_requested"]
    return {
        **job,
        **{name: row[name] for name in PAGE_COLUMNS},
        "format": FORMAT_LABELS.get(row["arguments"].get("format")),
        "is_active": job["status"] in ACTIVE,
        "is_ending": is_ending,
        # The script reloads the whole page when this changes.
        "stage": f"{job['status']} {job['attempt']} {'ends' if is_ending else ''}".strip(),
        "pace": pace(job) if is_running else {},
        "took": took(job),
    }


async def alatest() -> list[Data]:
    """The active jobs, then the latest."""
    is_over = Case(When(status__in=ACTIVE, then=Value(0)), default=Value(1))
    jobs = with_names(Job.objects.exclude(kind__in=["prune", "backup"])).order_by(is_over, "-id")[:MOST]
    found = [entry(row) async for row in jobs.values(*COLUMNS)]
    return [job for place, job in enumerate(found) if job["is_active"] or place < LATEST]


def list_context(rows: list[Data], typed: Data, errors: Errors) -> Data:
    """The jobs, and the forms with their input and errors."""
    reasons = {name: " ".join(found) for name, found in errors.items()}
    return {
        "read_at": timezone.now(),
        "jobs": [entry(row) for row in rows],
        "has_clock": settings.LAB,
        "daily_backups": settings.BACKUPS,
        "typed": typed,
        "wrong": {typed.get("kind", "import"): reasons} if reasons else {},
        "formats": FORMAT_LABELS.items(),
        "missing": LookupForm.base_fields["without"].choices,  # type: ignore[attr-defined]
    }


async def adetail(job: Job, user: RequestUser) -> Data:
    """The JSON of one job."""
    files = job.files.order_by("id").values("name", "size")
    if job.kind == "backup" and not await amay(user, BACKUP_FILE):
        files = files.none()
    return {
        **serializers.job(vars(job)),
        "arguments": job.arguments,
        "log": job.log,
        "files": [{**file, "url": reverse("job_file", args=[job.key, file["name"]])} async for file in files],
    }


async def detail_context(job: Any, user: RequestUser) -> Data:
    """One of the `annotated` jobs. Its internals are only shown to staff."""
    undo = Job.objects.filter(kind="undo_import", arguments__job=job.key).order_by("-id").values_list("key", flat=True)
    kind, can_start = KINDS.get(job.kind), "can_start_jobs" in user.rights
    may_change = "can_change_jobs" in user.rights and (not (kind and kind.rule) or await amay(user, kind.rule))
    is_undoable = job.kind in UNDOABLE and not job.arguments.get("dry_run")
    inside = {"owner": job.owner, "due_at": job.due_at, "traceback": job.traceback}
    return {
        "job": {**await adetail(job, user), **entry(vars(job))},
        "given": shown_arguments(job.arguments),
        "upload": await aupload_of(job, user) if can_start and "can_change_books" in user.rights else "",
        "has_no_worker": job.status == Status.QUEUED and not await Worker.objects.alive().aexists(),
        "counts": counts(job.result),
        "undone_by": await undo.afirst() if is_undoable else None,
        "may_change": may_change,
        "can_undo": is_undoable and may_have_changed_books(job) and can_start and "can_delete_books" in user.rights,
        "inside": inside if user.account and user.account.is_staff else {},
    }


async def aupload_of(job: Job, user: RequestUser) -> str:
    """The page on which the user can check the columns of an import again; "" if there is none."""
    own = Upload.objects.filter(user=user.account, file=job.arguments.get("file"))
    pk = await own.values_list("pk", flat=True).afirst()
    return reverse("upload_detail", args=[pk]) if pk else ""


def shown_arguments(arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The given arguments by name."""
    flat = {**arguments, **arguments.get("query", {})}
    given = {name: value for name, value in flat.items() if value and name not in SHOWN_ELSEWHERE}
    return [(name, VALUES.get(name, {}).get(str(value)) or in_a_line(value)) for name, value in given.items()]


def in_a_line(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{field} = {column}" for field, column in value.items())
    if isinstance(value, list):
        return ", ".join(value[:SHOWN]) + (f" and {len(value) - SHOWN:,} more" if len(value) > SHOWN else "")
    return str(value)


def pace(job: Data) -> dict[str, str]:
    """The speed per second and the remaining time; unknown for an interrupted job."""
    if job["attempt"] > 1 or not job["started_at"] or not job["done"]:
        return {}
    seconds = (timezone.now() - job["started_at"]).total_seconds()
    if seconds < 1:
        return {}
    rate = job["done"] / seconds
    left = duration(timedelta(seconds=(job["total"] - job["done"]) / rate)) if job["total"] else ""
    return {"rate": f"{rate:,.0f}" if rate >= 10 else f"{rate:,.1f}", "left": left}


def took(job: Data) -> str:
    is_known = job["attempt"] == 1 and job["finished_at"] and job["started_at"]
    return duration(job["finished_at"] - job["started_at"]) if is_known else ""


def duration(time: timedelta) -> str:
    """The duration in a suitable unit: 1 second, 90 seconds, 3 minutes, 2 hours."""
    seconds = max(round(time.total_seconds()), 1)
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def counts(result: Any) -> list[tuple[str, int]]:
    """The numbers of a result, without rare ones that are 0."""
    numbers = result if isinstance(result, dict) else {}
    found = [(name, numbers[name]) for name in COUNTS if name in numbers]
    return [(name, number) for name, number in found if number or name not in {"notes", "similar"}]


def may_have_changed_books(job: Job) -> bool:
    if job.finished_at is None or not job.done:
        return False
    numbers = job.result if isinstance(job.result, dict) else {}
    return not numbers or any(numbers.get(name) for name in ("created", "updated", "completed", "undone", "removed"))
