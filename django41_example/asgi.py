"""What the server runs, from the outside in: lifespan, journal, figures, static files, Django on lent threads."""

import os
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.utils.module_loading import import_string

from django41_example.edge.handler import Handler
from django41_example.edge.journal import Journal
from django41_example.edge.lifespan import Lifespan
from django41_example.edge.threads import Threads
from django41_example.static import StaticFiles
from django41_example.warming import warm_up

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
if settings.DEBUG:  # templates are read again and static files come from where they are written
    application = ASGIStaticFilesHandler(application)
else:
    warm_up()
    application = StaticFiles(application)

beside = observe = None
if settings.METRICS:
    from django41_example.edge.metrics import Metrics  # what is not asked for costs neither time nor memory

    gauges = {
        ("threads_started", "Threads, each with at most one connection to the database"): lambda: threads.started,
        ("threads_lent", "Those of them that a request holds"): lambda: threads.lent,
        ("requests_waiting", "Requests in line for a thread"): lambda: len(threads.line),
        ("event_streams_open", "Event streams"): lambda: len(handler.event_streams.open),
    }
    application = metrics = Metrics(
        application, token=settings.METRICS_TOKEN, gauges=gauges, counts=import_string(settings.COUNTS)
    )
    beside, observe = metrics.watch, metrics.observe
application = Journal(application, observe=observe)
application = Lifespan(application, end_streams=handler.event_streams.end, close=threads.close, beside=beside)
