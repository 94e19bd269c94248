"""Jobs as plain data: the same for JSON and for pages."""

from typing import Any

from django.urls import reverse

from books import presenting
from books.models import Job
from books.negotiation import Refusal
from books.visitors import Visitor


async def ajob_or_404(key: str) -> Job:
    try:
        return await Job.objects.select_related("created_by").aget(key=key)
    except Job.DoesNotExist:
        raise Refusal(404, "There is no job with this key. All jobs are at /jobs/.") from None


async def adetail(job: Job) -> dict[str, Any]:
    """All of a job that those may know who may see jobs."""
    files = job.files.order_by("id").values("name", "size")
    return {
        **presenting.job({name: getattr(job, name) for name in Job.objects.all().ENTRY}),
        "arguments": job.arguments,
        "log": job.log,
        "files": [{**file, "url": reverse("job_file", args=[job.key, file["name"]])} async for file in files],
    }


def around(job: Job, visitor: Visitor) -> dict[str, Any]:
    """What the page of a job shows besides its data; how it works inside is for staff."""
    inside = {"owner": job.owner, "due_at": job.due_at, "traceback": job.traceback}
    by = job.created_by.get_username() if job.created_by else ""
    return {"by": by, "via": job.via, "inside": inside if visitor.user and visitor.user.is_staff else {}}
