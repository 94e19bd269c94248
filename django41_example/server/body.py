"""Request bodies: their limits, and reading on after one was rejected."""

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
        self.limit, self.is_complete = limit, is_complete  # whether all of the body has arrived


def announced_size(scope: Scope) -> float:
    """The size of the body in bytes as announced in the headers; unlimited for a multipart form in chunks."""
    headers = dict(scope["headers"])
    size = int(headers.get(b"content-length", 0))
    is_multipart = headers.get(b"content-type", b"").startswith(b"multipart/")
    return math.inf if is_multipart and not size and b"transfer-encoding" in headers else size


async def read_limited(
    read: Callable[[Receive], Awaitable[IO[bytes]]], receive: Receive, limit: int, *, announced: float
) -> IO[bytes]:
    """Read the body by Django's `read_body`. Raises BodyTooLarge beyond `limit` bytes, at once if announced."""
    if limit < announced < math.inf:
        raise BodyTooLarge(limit, is_complete=False)
    received, is_complete = 0, False

    async def receive_limited() -> Any:
        nonlocal received, is_complete
        message = await receive()
        received, is_complete = received + len(message.get("body", b"")), not message.get("more_body", False)
        return message if received <= limit else {"type": "http.disconnect"}  # Django closes the incomplete body

    try:
        return await read(receive_limited)
    except RequestAborted:
        if received > limit:
            raise BodyTooLarge(limit, is_complete=is_complete) from None
        raise


def draining(scope: Scope, receive: Receive, send: Send) -> Send:
    """Before the response ends, read on for a while if more is coming. Otherwise the client gets a reset instead."""

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
            if more:  # the rest is not read, but a client that listens while sending gets the response
                await asyncio.sleep(DRAIN_SECONDS)
