"""What the server runs, from the outside in: lifespan, journal, figures, static files, kept answers,
Django on lent threads."""

import os
from functools import partial
from typing import Any

import django
from django.conf import settings
from django.utils.module_loading import import_string

from django41_example.server.handler import Handler
from django41_example.server.lifespan import Lifespan
from django41_example.server.request_log import Journal
from django41_example.server.response_cache import ResponseCache
from django41_example.server.static_files import StaticFiles
from django41_example.server.threads import Threads
from django41_example.server.warm_up import warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
django.setup(set_prefix=False)

threads = Threads(settings.THREADS, line_length=settings.WAITING_LINE, patience=settings.WAITING_SECONDS)
handler = Handler(
    threads,
    import_string(settings.REFUSAL_VIEW),
    body_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    screen=import_string(settings.SCREEN_VIEW),
    upload_limit=settings.UPLOAD_LIMIT,
)
handler.always = {"/health_check/live/"}
application: Any = handler
beside: list[Any] = []
warm = None
gauges = {
    ("threads_started", "Threads, each with at most one connection to the database"): lambda: threads.started,
    ("threads_lent", "Those of them that a request holds"): lambda: threads.lent,
    ("requests_waiting", "Requests in line for a thread"): lambda: len(threads.line),
    ("event_streams_open", "Event streams"): lambda: len(handler.event_streams.open),
}
# Names are for log lines: an answer from memory, where nothing goes wrong, has one only if every answer is told of.
tells_all = settings.METRICS or settings.ACCESS_LOG
if not tells_all:
    application = Journal(application)
if not settings.DEBUG:
    revision = import_string(settings.REVISION)
    beside, warm = [revision.watch], partial(threads.run, import_string(settings.WARM_UP))
if settings.CACHE_MB and not settings.DEBUG and not settings.READ_REQUIRES_LOGIN:
    application = cache = ResponseCache(
        application, validate=revision.confirm, is_public=handler.is_public, capacity=settings.CACHE_MB << 20
    )
    gauges |= {
        ("cached_responses", "Responses in the cache"): lambda: len(cache.responses),
        ("cached_responses_bytes", "Bytes that they take"): lambda: int(cache.responses.currsize),
        ("cached_responses_hits", "Requests answered from the cache since the start"): lambda: cache.hits,
        ("cached_responses_misses", "Requests whose response was not in the cache"): lambda: cache.misses,
    }
if settings.DEBUG:  # templates are read again and static files come from where they are written
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    from django41_example.server.loop_monitor import Guarded

    application = guarded = Guarded(ASGIStaticFilesHandler(application), settings.OURS)
    beside = [*beside, guarded.watch]
else:
    application = StaticFiles(application)

warm_up()

observe = None
if settings.METRICS:
    from django41_example.server.metrics import Metrics  # what is not asked for costs neither time nor memory

    application = metrics = Metrics(
        application, token=settings.METRICS_TOKEN, gauges=gauges, counts=import_string(settings.COUNTS)
    )
    beside, observe = [*beside, metrics.watch], metrics.observe
if tells_all:
    application = Journal(application, observe=observe)
application = Lifespan(
    application,
    state={"end_streams": handler.event_streams.end},
    close=threads.close,
    beside=beside,
    warm=warm,
)
