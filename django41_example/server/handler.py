"""Django's ASGI handler, on lent threads."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from contextlib import closing, suppress
from functools import cache, lru_cache, partial, wraps
from io import BytesIO
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.cache import close_caches
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import InterfaceError, OperationalError, close_old_connections, connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_resolver, set_script_prefix

from django41_example.server.event_streams import EventStreams
from django41_example.server.threads import Busy, Loan, Threads, current_loan
from django41_example.server.turnstile import Turnstile

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
# How the application words a refusal of the edge: request, status, what to do next, headers.
Refuse = Callable[[HttpRequest, int, str, Mapping[str, str]], HttpResponseBase]

log = logging.getLogger(__name__)

# What the application says of a body that is larger than forms are, before it is read: status 204 lets it in.
Screen = Callable[..., Any]
LET_IN = 204
CLOSE = {"Connection": "close"}
CROWDED = 503, "Too many ask at once. Try again in a moment.", {"Retry-After": "1"}

REPEATABLE = {"GET", "HEAD", "OPTIONS"}
GONE = (OperationalError, InterfaceError)  # how a database that went away shows itself
RESOLVED_PATHS = 1000
DRAIN_SECONDS, DRAIN_BYTES = 2, 16 << 20


class BodyTooLarge(Exception):
    def __init__(self, *, more: bool) -> None:
        super().__init__(more)
        self.more = more  # whether some of it is still to come


class Handler(ASGIHandler):
    """Answers requests as Django does, with these differences.

    Sync code runs in a thread that is lent (see `threads`). A body beyond `body_limit` bytes is refused before it is
    kept, unless `screen` lets it in, up to `upload_limit`. A request that has begun is finished, whether or not its
    client stays; what its client can end is a stream, and the wait for a thread. A stream holds no thread. When the
    database goes away, what only reads is tried once more on a new connection, and what still fails is a 503. When the
    line for a thread is full, only the addresses in `always`, which need none, are answered.
    """

    always: Collection[str] = ()

    def __init__(
        self,
        threads: Threads,
        error_response: Refuse,
        *,
        body_limit: int,
        screen: Screen | None = None,
        upload_limit: int = 0,
    ) -> None:
        super().__init__()
        self.threads, self.error_response, self.screen = threads, error_response, screen
        self.body_limit, self.upload_limit = body_limit, upload_limit
        self.event_streams, self.turnstile = EventStreams(), Turnstile()
        self.guarded = cache(self._guarded)
        self.resolve = lru_cache(RESOLVED_PATHS)(get_resolver(settings.ROOT_URLCONF).resolve)
        # The loan does what these would cost a thread hop each to do; locmem has nothing to close.
        request_started.disconnect(reset_queries)
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        request_finished.disconnect(close_caches)
        request_finished.disconnect(reset_urlconf)  # a request has a context of its own, and so has its urlconf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Django answers HTTP, and this is {scope['type']}.")
        await self.turnstile.enter()
        if self.threads.is_full and scope["path"] not in self.always:
            await self._turn_away(scope, send)
            return
        limit = self.body_limit
        if self.screen and announced(scope) > limit:
            scope["is_screened"] = True
            if await self._answer(scope, BytesIO(), receive, draining(receive, send)):
                return
            scope["is_screened"], limit = False, self.upload_limit
        try:
            body = await self._body(scope, receive, limit)
        except RequestAborted:
            return
        except BodyTooLarge as error:
            scope["refusal"] = 413, f"A body may have {limit:,} bytes here, and this one has more.", CLOSE
            body, send = BytesIO(), draining(receive, send) if error.more else send
        await self._answer(scope, body, receive, send)

    async def _turn_away(self, scope: Scope, send: Send) -> None:
        """Refuse without passing Django, which costs ten times as much: so a crowd does not grow by its own answers."""
        request, unreadable = self.create_request(scope, BytesIO())
        response: Any = unreadable if request is None else self.error_response(request, *CROWDED)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["X-Content-Type-Options"] = "nosniff"
        await self.send_response(response, send)

    async def _body(self, scope: Scope, receive: Receive, limit: int) -> IO[bytes]:
        if limit < announced(scope) < math.inf:
            raise BodyTooLarge(more=True)
        received, more = 0, True

        async def receive_limited() -> Any:
            nonlocal received, more
            message = await receive()
            received, more = received + len(message.get("body", b"")), message.get("more_body", False)
            return message if received <= limit else {"type": "http.disconnect"}  # so that what is kept is closed

        try:
            body: IO[bytes] = await self.read_body(receive_limited)
        except RequestAborted:
            if received > limit:
                raise BodyTooLarge(more=more) from None
            raise
        return body

    async def _answer(self, scope: Scope, body: IO[bytes], receive: Receive, send: Send) -> bool:
        """Answer the request; False if it was only screened, and its body is let in."""
        gone = None if scope.get("is_screened") else partial(until_gone, receive)  # the body is still to be received
        loan = Loan(self.threads, check=scope["method"] not in REPEATABLE, gone=gone)
        before = current_loan.set(loan)
        try:
            async with ThreadSensitiveContext(executor=loan):
                with closing(body):
                    return await self._answer_on(loan, scope, body, receive, send)
        finally:
            current_loan.reset(before)
            loan.give_back()

    async def _answer_on(self, loan: Loan, scope: Scope, body: IO[bytes], receive: Receive, send: Send) -> bool:
        if (prefix := get_script_prefix(scope)) != "/":
            set_script_prefix(prefix)
        await request_started.asend(sender=type(self), scope=scope)
        request, unreadable = self.create_request(scope, body)
        response: Any = unreadable if request is None else await self.run_get_response(request)
        loan.give_back()
        try:
            if scope.get("is_screened") and response.status_code == LET_IN:
                return False
            if response.streaming:
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            await self._close(request, response)
        return True

    async def _stream(self, response: Any, receive: Receive, send: Send) -> None:
        """Send the answer bit by bit, until it ends or its client goes."""
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

    async def _close(self, request: Any, response: Any) -> None:
        """Close the answer: at once, unless there are files to close."""
        if len(response._resource_closers) > 1 or getattr(request, "_files", None):
            await sync_to_async(response.close)()
        else:
            response.close()

    async def get_response_async(self, request: HttpRequest) -> Any:
        """As Django does, but for a log line about each 4xx, which costs a thread hop and is the journal's task."""
        response: Any = await self._middleware_chain(request)  # type: ignore[attr-defined]
        response._resource_closers.append(request.close)
        return response

    def resolve_request(self, request: HttpRequest) -> Any:
        if refusal := request.scope.get("refusal"):  # type: ignore[attr-defined]
            return self._refused, refusal, {}
        match = request.resolver_match = self.resolve(request.path_info)
        scope: Scope = request.scope  # type: ignore[attr-defined]
        scope["route"] = match.route
        view = self.screen if scope.get("is_screened") else match.func
        return self.guarded(view), match.args, match.kwargs

    def is_public(self, path: str) -> bool:
        """Whether the view at this path says that everybody may see the same responses."""
        try:
            match = self.resolve(path)
        except Resolver404:
            return False
        return getattr(getattr(match.func, "view_class", None), "is_public", False)

    async def _refused(self, request: HttpRequest, *refusal: Any) -> HttpResponseBase:
        return self.error_response(request, *refusal)

    def _guarded(self, view: Callable[..., Any]) -> Callable[..., Awaitable[HttpResponseBase]]:
        """The view, with an answer for the two things that a server may run out of: threads and the database."""
        call = view if iscoroutinefunction(view) else sync_to_async(view)

        @wraps(view)
        async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                try:
                    return await call(request, *args, **kwargs)  # type: ignore[no-any-return]
                except GONE:
                    if request.method not in REPEATABLE or not await sync_to_async(drop_broken_connections)():
                        raise
                    return await call(request, *args, **kwargs)  # type: ignore[no-any-return]
            except Busy:
                return self.error_response(request, *CROWDED)
            except GONE as error:
                log.warning("the database: %s", error)
                return self.error_response(
                    request, 503, "The database does not answer. Try again.", {"Retry-After": "2"}
                )

        return guarded


def announced(scope: Scope) -> float:
    """The size of the body that a request's headers announce, in bytes; of a form in chunks, any."""
    headers = dict(scope["headers"])
    if b"content-length" in headers:
        return int(headers[b"content-length"])
    is_form = headers.get(b"content-type", b"").startswith(b"multipart/")
    return math.inf if is_form and b"transfer-encoding" in headers else 0


async def until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def drop_broken_connections() -> bool:
    """Close this thread's connections that failed and do not answer any more. Whether there were any."""
    failed = [connection for connection in connections.all(initialized_only=True) if connection.errors_occurred]
    broken = [connection for connection in failed if not connection.is_usable()]
    for connection in broken:
        connection.close()
    return bool(broken)


def draining(receive: Receive, send: Send) -> Send:
    """Before the answer ends, read on for a while what is still sent: else the client hears a reset, not the answer."""

    async def send_and_drain(message: Any) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await send({**message, "more_body": True})
            await drain(receive)
            message = {"type": "http.response.body"}
        await send(message)

    return send_and_drain


async def drain(receive: Receive) -> None:
    received, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while more and received < DRAIN_BYTES:
                message = await receive()
                received += len(message.get("body", b""))
                more = message.get("more_body", False)
            if more:  # it is not read any more, but who listens while sending has the time to
                await asyncio.sleep(DRAIN_SECONDS)
