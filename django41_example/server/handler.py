"""Django's ASGI handler on a pool of threads. It uses private names of Django 6.1.3."""

import asyncio
import itertools
import logging
import math
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import cache, cached_property, partial, wraps
from io import BytesIO
from typing import IO, Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import Error, InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_resolver, set_script_prefix

from django41_example.server.body import BodyTooLarge, Receive, Scope, Send, announced_size, draining, read_limited
from django41_example.server.event_streams import EventStreams
from django41_example.server.request_log import REQUEST_ID
from django41_example.server.routes import Routes
from django41_example.server.statements import Refusal, refusal
from django41_example.server.thread_pool import ThreadPool, client_of
from django41_example.server.threads import Checkout, PoolTimeout, release

log = logging.getLogger(__name__)

View = Callable[..., Any]
# The application's response to an error of the server: request, status, advice, headers.
ErrorResponse = Callable[[HttpRequest, int, str, Mapping[str, str]], HttpResponseBase]

CLOSE = {"Connection": "close"}
# Rejected clients must not fill the worker with idle connections.
BUSY: Refusal = 503, "The server is busy. Try again in a moment.", {"Retry-After": "1", **CLOSE}

REPEATABLE = {"GET", "HEAD", "OPTIONS"}
BODY_HEADERS = {b"content-length", b"transfer-encoding"}
DATABASE_LOST = (OperationalError, InterfaceError)
UNCHECKED_BODY = 64 * 1024  # bytes of a body from anybody, such as a form sent after the session has ended
MOST_DOWNLOADS, MOST_OF_ONE_CLIENT = 50, 25  # concurrent streamed responses besides event streams


class Handler(ASGIHandler):
    """Responds to requests as Django does, with these differences:

    - Sync code runs in a thread of the pool (see `threads`). A stream holds no thread.
    - A body larger than UNCHECKED_BODY is left to the view: it calls `scope["receive_body"]` once it has admitted the
      sender. Only uploads may exceed `body_limit` bytes, up to `upload_limit`.
    - A request that writes runs until it ends, even if its client leaves. A request that only reads ends with its
      client, and so does the wait for a thread.
    - If the database connection is lost, a read is retried once on a new connection. If it fails again, it is a 503.
    - While the pool's queue is full, only the paths in `always` get a response, since they need no thread.
    - Each request has an id, which is in its log lines and its response (`X-Request-Id`).
    """

    always: Collection[str] = ()
    lifespan: Any = None  # called when the server starts and stops

    def __init__(
        self,
        pool: ThreadPool,
        error_response: ErrorResponse,
        *,
        body_limit: int,
        upload_limit: int = 0,
    ) -> None:
        super().__init__()
        self.pool, self.error_response = pool, error_response
        self.body_limit, self.upload_limit = body_limit, upload_limit
        self.event_streams, self.downloads = EventStreams(), Counter[str]()
        self.routes = Routes()
        self.guarded = cache(self._guard)
        self.numbers = itertools.count(1)

    @cached_property
    def process(self) -> str:
        """Created at the first request, as this process may be forked from the one that loaded the application."""
        return secrets.token_hex(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" and self.lifespan:
            await self.lifespan(scope, receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"Django answers HTTP, and this is {scope['type']}.")
        REQUEST_ID.set(f"{self.process}-{next(self.numbers)}")
        scope["client_key"] = client = client_of(scope)
        is_full = self.pool.queue and self.pool.is_full(client, writes=scope["method"] not in REPEATABLE)
        if is_full and scope["path"] not in self.always:
            await self._turn_away(scope, send)
        elif scope["method"] in {"GET", "HEAD"} and BODY_HEADERS.isdisjoint(dict(scope["headers"])):
            await self._answer(scope, receive, send)
        else:
            await self._answer_with_body(scope, receive, send)

    async def _turn_away(self, scope: Scope, send: Send) -> None:
        """Respond 503 without the middlewares, which cost twice as much: an overload must not grow by its errors."""
        request, unreadable = self.create_request(scope, BytesIO())
        response: Any = unreadable if request is None else self.error_response(request, *BUSY)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["X-Content-Type-Options"] = "nosniff"
        await self.send_response(response, send)

    async def _answer_with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, limit, body = announced_size(scope), self.body_limit, None
        scope["is_too_large"], scope["has_arrived"] = limit < size < math.inf, False
        if self._is_for_view(scope, size):
            scope["receive_body"] = partial(self._receive_body, receive, size)
        else:
            try:
                body = await read_limited(self.read_body, receive, limit, announced=size)
                scope["has_arrived"] = True
            except RequestAborted:
                return
            except BodyTooLarge as error:
                scope["has_arrived"], scope["refusal"] = error.is_complete, too_large(error.limit)
        await self._answer(scope, receive, draining(scope, receive, send), body)

    def _is_for_view(self, scope: Scope, size: float) -> bool:
        """Whether the view decides about this body before it is read."""
        if size > self.body_limit:
            return bool(self.upload_limit) and (size < math.inf or self.routes.declares("takes_uploads", scope["path"]))
        return bool(self.upload_limit) and size > UNCHECKED_BODY and scope["method"] not in REPEATABLE

    async def _receive_body(self, receive: Receive, size: float, request: Any) -> None:
        """Called by the view. Raises BodyTooLarge, RequestAborted."""
        del request.scope["receive_body"]
        release()
        limit = self.upload_limit if size > self.body_limit else self.body_limit
        request._stream = await read_limited(self.read_body, receive, limit, announced=size)
        request.scope["has_arrived"] = True

    @login_not_required
    async def _refuse(self, request: HttpRequest, *refusal: Any) -> HttpResponseBase:
        return self.error_response(request, *refusal)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, body: IO[bytes] | None = None) -> None:
        client, writes = scope["client_key"], scope["method"] not in REPEATABLE
        disconnected = None if "receive_body" in scope else partial(until_disconnect, receive)
        with Checkout(self.pool, client=client, writes=writes, disconnected=disconnected) as checkout:
            checkout.catalogue_version = scope.get("catalogue_version")
            if prefix := get_script_prefix(scope):
                set_script_prefix(prefix)
            await request_started.asend(sender=type(self), scope=scope)
            response: Any
            request, response = self.create_request(scope, body or BytesIO())
            try:
                if request is not None:  # otherwise the response says what is wrong with it
                    response = await self._middleware_chain(request)  # type: ignore[attr-defined]
                checkout.end()
                if response.streaming:
                    await self._stream(response, receive, send)
                else:
                    await self.send_response(response, send)
            finally:
                if scope.get("is_download"):
                    self.downloads -= Counter([client])
                if response is not None:  # otherwise this was cancelled, and a thread may still read the request
                    await close(request, response)
                if body:
                    body.close()

    async def send_response(self, response: Any, send: Send) -> None:
        """Django's, in a third of the time for a response that is not streamed."""
        stored_headers(response)["x-request-id"] = "X-Request-Id", REQUEST_ID.get()
        if response.streaming:
            await super().send_response(response, send)
            return
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in stored_headers(response).values()]
        headers += [(b"Set-Cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.content})

    async def _stream(self, response: Any, receive: Receive, send: Send) -> None:
        """Send the response in parts until it ends or the client leaves."""
        sending = self.send_response(response, send)
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(self.listen_for_disconnect(receive))
                if not response.headers["Content-Type"].startswith("text/event-stream"):
                    await sending
                elif not await self.event_streams.run(sending):
                    await send({"type": "http.response.body"})
                watching.cancel()
        except* RequestAborted:
            pass
        except* (
            PoolTimeout,
            Error,
        ) as errors:  # too late for a 503, but the client sees the response end early
            log.warning("a download was cut off: %r", errors.exceptions[0])

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """Django's version expects that a body was read, which a GET does not have."""
        await until_disconnect(receive)
        raise RequestAborted

    @login_not_required
    async def _not_found(self, request: HttpRequest) -> HttpResponseBase:
        """Raising Http404 would cost a hop to a thread: 10,000 such requests at once would all be waiting."""
        view: View = get_resolver().resolve_error_handler(404)
        return view(request, exception=Resolver404())  # type: ignore[no-any-return]

    def resolve_request(self, request: HttpRequest) -> Any:
        scope: Scope = request.scope  # type: ignore[attr-defined]
        if refusal := scope.get("refusal"):
            return self._refuse, refusal, {}
        match = request.resolver_match = self.routes.match(request.path_info)
        if match is None:
            if settings.DEBUG:
                self.routes.resolve(request.path_info)  # raises the exception that has the routes for Django's page
            return self._not_found, (), {}
        scope["route"] = match.route
        if request.method == "GET" and getattr(getattr(match.func, "view_class", None), "is_download", False):
            client = scope["client_key"]
            if self.downloads.total() >= MOST_DOWNLOADS or self.downloads[client] >= MOST_OF_ONE_CLIENT:
                return self._refuse, BUSY, {}
            self.downloads[client] += 1
            scope["is_download"] = True
        if "receive_body" in scope and not hasattr(getattr(match.func, "view_class", None), "takes_uploads"):
            return self._refuse, too_large(UNCHECKED_BODY), {}  # the view is another's, which admits nobody
        return self.guarded(match.func), match.args, match.kwargs

    def _guard(self, view: View) -> Callable[..., Awaitable[HttpResponseBase]]:
        """Wrap the view to respond 503 if there is no thread or no database."""
        call = view if iscoroutinefunction(view) else sync_to_async(view)

        @wraps(view)
        async def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                try:
                    return await call(request, *args, **kwargs)  # type: ignore[no-any-return]
                except DATABASE_LOST:
                    if request.method not in REPEATABLE or not await sync_to_async(drop_broken_connection)():
                        raise
                    return await call(request, *args, **kwargs)  # type: ignore[no-any-return]
            except RequestAborted:  # within the body: nobody hears this
                return self.error_response(request, 400, "The body is incomplete.", CLOSE)
            except BodyTooLarge as error:
                request.scope["has_arrived"] = error.is_complete
                return self.error_response(request, *too_large(error.limit))
            except (PoolTimeout, Error) as error:
                if refused := refusal_of(error):
                    return self.error_response(request, *refused)
                raise

        return guarded


def too_large(limit: int) -> Refusal:
    return 413, f"A body may have {limit:,} bytes here, and this one has more.", CLOSE


def refusal_of(error: Exception) -> Refusal | None:
    """The status, advice and headers if there is no thread or no database; None if the error is our own."""
    if isinstance(error, PoolTimeout):
        return BUSY
    if refused := isinstance(error, Error) and refusal(error):
        log.warning("the database: %s", error)
    return refused or None


async def close(request: Any, response: Any) -> None:
    """Close both, in a thread if there are files to close, and free the request.

    Its user, session and messages refer back to it. Only the garbage collector frees such cycles, which made a list a
    twentieth slower.
    """
    has_files = request is not None and request.content_type == "multipart/form-data"
    reads_files = response.streaming and not response.is_async
    await sync_to_async(response.close)() if reads_files else response.close()
    if request is not None:
        await sync_to_async(request.close)() if has_files else request.close()
        vars(request).clear()


def stored_headers(response: HttpResponseBase) -> dict[str, tuple[str, str]]:
    """The headers as Django stores them. Its methods for single headers are ten times as slow."""
    return response.headers._store


async def until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def drop_broken_connection() -> bool:
    """Close this thread's connection if it has failed and no longer responds. Returns whether it was closed."""
    is_broken = connection.errors_occurred and not connection.is_usable()
    if is_broken:
        connection.close()
    return is_broken
