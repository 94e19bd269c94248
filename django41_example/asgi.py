"""The ASGI application, from the inside out: Django on a pool of threads, the response cache, static files, metrics,
the request log."""

import os
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
django.setup()

from books.cache import catalogue_version
from books.cache.topics import warm_up as read_topics
from books.models.token import keep_saving_uses
from books.views.errors import server_refusal
from django41_example.server.forwarded import ForwardedHeaders
from django41_example.server.handler import Handler
from django41_example.server.lifespan import Lifespan
from django41_example.server.prefix import Prefix, PrefixedRequest
from django41_example.server.request_log import RequestLog
from django41_example.server.response_cache import ResponseCache
from django41_example.server.statements import limit_statements
from django41_example.server.static_files import StaticFiles
from django41_example.server.thread_pool import Limits, ThreadPool
from django41_example.server.threads import disconnect_signals
from django41_example.server.warm_up import share_arena, warm_up

STREAMING_THREADS = 2  # for calls while responses are being sent
HEAD_START = 0.005  # seconds: quick requests take less, and eight slow ones all run after 35 milliseconds

limits = Limits(settings.QUEUE_LENGTH, head_start=HEAD_START if connection.vendor == "sqlite" else 0)
pool = ThreadPool(settings.THREADS, limits, streaming=ThreadPool(STREAMING_THREADS, limits, name="streaming"))
handler = Handler(
    pool,
    server_refusal,
    body_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    upload_limit=settings.UPLOAD_LIMIT,
)
handler.always = {"/health_check/live/"}
application: Any = handler
background: list[Any] = [partial(pool.run, keep_saving_uses, writes=True)]
if not settings.DEBUG:
    background.append(catalogue_version.subscribe)
gauges = {
    ("pool_threads", "Threads, each with at most one connection to the database"): lambda: pool.started,
    ("pool_threads_checked_out", "Those of them that a request holds"): lambda: pool.checked_out,
    ("pool_queue_length", "Requests that wait for a thread"): lambda: len(pool.queue),
    ("event_streams_open", "Event streams"): lambda: len(handler.event_streams.open),
}
if settings.CACHE_MB and not settings.DEBUG and not settings.READ_REQUIRES_LOGIN:
    application = cache = ResponseCache(
        application,
        validate=catalogue_version.validate,
        is_public=partial(handler.routes.declares, "is_public"),
        capacity=settings.CACHE_MB << 20,
    )
    gauges |= {
        ("cached_responses", "Responses in the cache"): lambda: len(cache.responses),
        ("cached_responses_bytes", "Bytes that they take"): lambda: int(cache.responses.currsize),
        ("cached_responses_hits", "Requests answered from the cache since the start"): lambda: cache.hits,
        ("cached_responses_misses", "Requests whose response was not in the cache"): lambda: cache.misses,
    }
if settings.DEBUG:  # templates are reloaded, and static files served from their sources
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    application = ASGIStaticFilesHandler(application)
    application.base_url = urlsplit("/static/")  # Prefix has taken SCRIPT_NAME off
else:
    application = StaticFiles(application)

share_arena()
warm_up()

observe = None
if settings.METRICS:
    from books.models.job import counts
    from django41_example.server.metrics import Metrics

    application = metrics = Metrics(application, token=settings.METRICS_TOKEN, gauges=gauges, counts=counts)
    background.append(metrics.watch)
    observe = metrics.observe
if settings.METRICS or settings.ACCESS_LOG:
    application = RequestLog(application, observe=observe)
if settings.SCRIPT_NAME:
    handler.request_class = PrefixedRequest
    application = Prefix(application, settings.SCRIPT_NAME)
if settings.BEHIND_PROXY:
    application = ForwardedHeaders(application, settings.BEHIND_PROXY, user_header=settings.PROXY_USER_HEADER)


async def begin() -> None:
    """Call this in the process that serves: the worker of jobs, forked from the same process, has no such limits."""
    limit_statements()
    disconnect_signals()
    if not settings.DEBUG:
        await pool.run(read_topics)


handler.lifespan = Lifespan(
    state={
        "end_streams": handler.event_streams.end,
        "validate": getattr(catalogue_version, "validate_now", None),  # SQLite's takes less time than waiting for it
        "client_share": 1 if settings.BEHIND_PROXY else limits.client_share,  # memory that connections hold
    },
    close=pool.close,
    background=background,
    warm_up=begin,
)
