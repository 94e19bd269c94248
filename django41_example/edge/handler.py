"""Django's ASGI handler, on lent threads."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import closing, suppress
from functools import cache, wraps
from io import BytesIO
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.cache import close_caches
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_finished, request_started
from django.db import InterfaceError, OperationalError, close_old_connections, connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix, set_urlconf

from django41_example.edge.streams import EventStreams
from django41_example.edge.threads import Busy, Loan, Threads

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
# How the application words a refusal of the edge: request, status, what to do next, headers.
Refuse = Callable[[HttpRequest, int, str, Mapping[str, str]], HttpResponseBase]

log = logging.getLogger(__name__)

REPEATABLE = {"GET", "HEAD", "OPTIONS"}
GONE = (OperationalError, InterfaceError)  # how a database that went away shows itself
DRAIN_SECONDS, DRAIN_BYTES = 2, 64 * 1024 * 1024


class BodyTooLarge(Exception):
    pass


class Handler(ASGIHandler):
    """Answers requests as Django does, with these differences.

    Sync code runs in a thread that is lent (see `threads`). A body beyond `body_limit` bytes is refused before it is
    kept. A request that has begun is finished, whether or not its client stays; what its client can end is a stream,
    and the wait for a thread. A stream holds no thread. When the database goes away, what only reads is tried once
    more on a new connection, and what still fails is a 503.
    """

    def __init__(self, threads: Threads, refuse: Refuse, *, body_limit: int) -> None:
        super().__init__()
        self.threads, self.refuse, self.body_limit = threads, refuse, body_limit
        self.event_streams = EventStreams()
        self.guarded = cache(self._guarded)
        # The loan does what these would cost a thread hop each to do; locmem has nothing to close.
        request_started.disconnect(reset_queries)
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        request_finished.disconnect(close_caches)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Django answers HTTP, and this is {scope['type']}.")
        try:
            body = await self._body(scope, receive)
        except RequestAborted:
            return
        except BodyTooLarge:
            detail = f"A body may have {self.body_limit:,} bytes here, and this one has more."
            scope["refusal"] = 413, detail, {"Connection": "close"}
            body, send = BytesIO(), draining(receive, send)
        loan = Loan(self.threads, check=scope["method"] not in REPEATABLE)
        try:
            async with ThreadSensitiveContext(executor=loan):
                with closing(body):
                    await self._answer(scope, body, loan, receive, send)
        finally:
            loan.give_back()

    async def _body(self, scope: Scope, receive: Receive) -> IO[bytes]:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if int(length) > self.body_limit:
            raise BodyTooLarge
        received = 0

        async def receive_limited() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.body_limit:
                raise BodyTooLarge
            return message

        body: IO[bytes] = await self.read_body(receive_limited)
        return body

    async def _answer(self, scope: Scope, body: IO[bytes], loan: Loan, receive: Receive, send: Send) -> None:
        set_script_prefix(get_script_prefix(scope))
        await request_started.asend(sender=type(self), scope=scope)
        request, unreadable = self.create_request(scope, body)
        response: Any = unreadable if request is None else await self.run_get_response(request)
        loan.give_back()
        try:
            if response.streaming:
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            await self._close(request, response)

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
        set_urlconf(settings.ROOT_URLCONF)
        response: Any = await self._middleware_chain(request)  # type: ignore[attr-defined]
        response._resource_closers.append(request.close)
        return response

    def resolve_request(self, request: HttpRequest) -> Any:
        if refusal := request.scope.get("refusal"):  # type: ignore[attr-defined]
            return self._refused, refusal, {}
        match = super().resolve_request(request)
        return self.guarded(match.func), match.args, match.kwargs

    async def _refused(self, request: HttpRequest, *refusal: Any) -> HttpResponseBase:
        return self.refuse(request, *refusal)

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
                return self.refuse(request, 503, "Too many ask at once. Try again in a moment.", {"Retry-After": "1"})
            except GONE as error:
                log.warning("the database: %s", error)
                return self.refuse(request, 503, "The database does not answer. Try again.", {"Retry-After": "2"})

        return guarded


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
