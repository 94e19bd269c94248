"""Jobs as plain data: the same for JSON and for pages; and what stands around it on a page."""

from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.urls import reverse

from books.jobs.tasks.undo_import import UNDOABLE
from books.models import Job, JobFile, Worker
from books.models.job import ACTIVE, JobQuerySet, Status
from books.views.job_words import Data, given, has_changed, meaning, tally, told
from books.web import serializers
from books.web.authentication import RequestUser
from books.web.negotiation import HTTPError

BESIDE = ("by", "upload", "arguments")  # what is read of a job for its page besides JobQuerySet.ENTRY
LATEST, MOST = 3, 6  # jobs that the home page shows, and how many if so many run


async def ajob_or_404(key: str) -> Job:
    try:
        return await Job.objects.select_related("created_by").aget(key=key)
    except Job.DoesNotExist:
        raise HTTPError(404, "There is no job with this key. All jobs are at /jobs/.") from None


async def adetail(job: Job) -> Data:
    """All of a job that those may know who may see jobs."""
    files = job.files.order_by("id").values("name", "size")
    return {
        **serializers.job({name: getattr(job, name) for name in Job.objects.all().ENTRY}),
        "arguments": job.arguments,
        "log": job.log,
        "files": [{**file, "url": reverse("job_file", args=[job.key, file["name"]])} async for file in files],
    }


async def around(job: Job, data: Data, user: RequestUser) -> Data:
    """What the page of a job shows besides its data; how it works inside is for staff."""
    inside = {"owner": job.owner, "due_at": job.due_at, "traceback": job.traceback}
    upload = data["files"][0]["name"] if job.kind == "import" and data["files"] else ""
    by = job.created_by.get_username() if job.created_by else ""
    undo = Job.objects.filter(kind="undo_import", arguments__job=job.key).order_by("-id").values_list("key", flat=True)
    in_words = told(data, {"by": by, "upload": upload, "arguments": job.arguments})
    may = await abuttons(user)
    is_undoable = job.kind in UNDOABLE and not job.arguments.get("dry_run")
    return {
        **in_words,
        "told": in_words,
        "given": given(job.arguments),
        "mapping": "\n".join(f"{field}={column}" for field, column in job.arguments.get("mapping", {}).items()),
        "is_forsaken": job.status == Status.QUEUED and not await Worker.objects.alive().aexists(),
        "tally": tally(job.result),
        "files": [{**file, "what": meaning(file["name"], upload)} for file in data["files"]],
        "undone_by": await undo.afirst() if is_undoable else None,
        "may": may,
        "may_undo": is_undoable and has_changed(job) and may["start"] and may["undo"],
        "inside": inside if user.account and user.account.is_staff else {},
    }


async def abuttons(user: RequestUser) -> dict[str, bool]:
    """Which buttons are for this account."""
    permissions = {"start": "add_job", "change": "change_job", "import": "change_book", "undo": "delete_book"}
    return {name: await user.ahas_perm(f"books.{permission}") for name, permission in permissions.items()}


async def atold(jobs: list[Data]) -> list[Data]:
    """The jobs of a list, as its page tells them."""
    keys = [job["id"] for job in jobs]
    beside = {row["key"]: row async for row in _beside(Job.objects.filter(key__in=keys)).values("key", *BESIDE)}
    nothing = {"by": "", "upload": "", "arguments": {}}  # of one that was pruned this moment
    return [told(job, beside.get(job["id"], nothing)) for job in jobs]


async def alatest() -> list[Data]:
    """Those that run, then the latest."""
    is_over = Case(When(status__in=ACTIVE, then=Value(0)), default=Value(1))
    jobs = _beside(Job.objects.exclude(kind="prune")).order_by(is_over, "-id")[:MOST]
    found = [told(serializers.job(row), row) async for row in jobs.values(*jobs.ENTRY, *BESIDE)]
    return [job for place, job in enumerate(found) if job["is_active"] or place < LATEST]


def _beside(jobs: JobQuerySet) -> JobQuerySet:
    upload = JobFile.objects.filter(job=OuterRef("pk")).exclude(digest="").values("name")[:1]
    return jobs.annotate(by=F("created_by__username"), upload=Subquery(upload))
