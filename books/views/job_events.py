from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from books.jobs import events as live
from books.models import Job
from books.models.job import JobQuerySet
from books.views.base import CatalogueView
from books.views.job_reading import ajob_or_404
from books.web.permissions import SEE_JOBS

EVENTS = "text/event-stream"
LATEST = 20  # jobs whose state begins the stream of all
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # nginx would keep events back


class AllJobEvents(CatalogueView):
    """The jobs as they go, as server-sent events."""

    offers = (EVENTS,)
    rules = {"GET": SEE_JOBS}

    async def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.stream(request, None, Job.objects.order_by("-id")[:LATEST])

    def stream(self, request: HttpRequest, key: str | None, first: JobQuerySet) -> HttpResponseBase:
        if request.method == "HEAD":
            return HttpResponse(content_type=EVENTS, headers=UNBUFFERED)
        events = live.events(key, first.values(*first.ENTRY), request.headers.get("Last-Event-ID", ""))
        return StreamingHttpResponse(events, content_type=EVENTS, headers=UNBUFFERED)


class JobEvents(AllJobEvents):
    """One job as it goes, until it is over."""

    async def get(self, request: HttpRequest, key: str) -> HttpResponseBase:  # type: ignore[override]
        await ajob_or_404(key)
        return self.stream(request, key, Job.objects.filter(key=key))
