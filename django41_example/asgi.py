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
from django41_example.server.response_cache import KeptAnswers
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
warm = repeats = None
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
if settings.KEPT_MB and not settings.DEBUG:
    application = kept = KeptAnswers(
        application,
        confirm=revision.confirm,
        representation=import_string(settings.REPRESENTATION),
        session=settings.SESSION_COOKIE_NAME,
        capacity=settings.KEPT_MB << 20,
    )
    repeats = None if tells_all else kept.repeats
    gauges |= {
        ("kept_answers", "Answers held in memory"): lambda: len(kept.shelf.things),
        ("kept_answers_bytes", "Bytes that they take"): lambda: kept.shelf.size,
        ("kept_answers_hits", "Requests answered from memory since the start"): lambda: kept.hits,
        ("kept_answers_misses", "Requests whose answer was not there"): lambda: kept.misses,
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
    state={"end_streams": handler.event_streams.end, "repeats": repeats},
    close=threads.close,
    beside=beside,
    warm=warm,
)
