"""Request bodies: how large they may be, and what becomes of one that is refused."""

import asyncio
import math
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import IO, Any

from django.core.exceptions import RequestAborted

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

DRAIN_SECONDS, DRAIN_BYTES = 2, 16 << 20


class BodyTooLarge(Exception):
    def __init__(self, limit: int, *, is_complete: bool) -> None:
        super().__init__(limit, is_complete)
        self.limit, self.is_complete = limit, is_complete  # whether all of it has arrived


def announced_size(scope: Scope) -> float:
    """The size of the body in bytes, as the headers announce it; that of a multipart form in chunks may be any."""
    headers = dict(scope["headers"])
    size = int(headers.get(b"content-length", 0))
    is_multipart = headers.get(b"content-type", b"").startswith(b"multipart/")
    return math.inf if is_multipart and not size and b"transfer-encoding" in headers else size


async def read_limited(
    read: Callable[[Receive], Awaitable[IO[bytes]]], receive: Receive, limit: int, *, announced: float
) -> IO[bytes]:
    """The body, read by Django's `read_body`; raises BodyTooLarge beyond `limit` bytes, and at once if announced."""
    if limit < announced < math.inf:
        raise BodyTooLarge(limit, is_complete=False)
    received, is_complete = 0, False

    async def receive_limited() -> Any:
        nonlocal received, is_complete
        message = await receive()
        received, is_complete = received + len(message.get("body", b"")), not message.get("more_body", False)
        return message if received <= limit else {"type": "http.disconnect"}  # Django closes what it has so far

    try:
        return await read(receive_limited)
    except RequestAborted:
        if received > limit:
            raise BodyTooLarge(limit, is_complete=is_complete) from None
        raise


def draining(scope: Scope, receive: Receive, send: Send) -> Send:
    """Before the response ends, read on for a while if more is to come: else the client gets a reset in its place."""

    async def send_and_drain(message: Any) -> None:
        is_end = message["type"] == "http.response.body" and not message.get("more_body")
        if is_end and not scope["has_arrived"]:
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
            if more:  # it is not read any more, but a client that listens while it sends gets the response
                await asyncio.sleep(DRAIN_SECONDS)
