"""The response cache: whole responses in memory, in front of Django, until the catalogue changes.

It caches responses with `Cache-Control: public, no-cache`: in HTTP's terms, anybody may store them but must revalidate
them. This cache revalidates them at every request with `validate`, which notices all writes to the catalogue.
"""

import asyncio
import sys
import zlib
from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import sha1
from typing import Any

from cachetools import LRUCache

from django41_example.server.request_head import IDENTITY, accepted_encodings
from django41_example.server.transport import ReadyHeaders

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Headers = list[tuple[bytes, bytes]]
Message = dict[str, Any]

# A request with one of these headers may get a different response. Any cookie counts, as nothing here knows which ones
# a view, a middleware or a later version reads.
PERSONAL = {b"authorization", b"cookie", b"if-match", b"if-unmodified-since", b"content-length", b"transfer-encoding"}
KNOWN_TO_VARY = {b"accept", b"accept-encoding", b"authorization", b"cookie"}  # a response may vary by no other header
LONGEST_KEY = 2000  # bytes of a URL and its Accept headers; longer ones are not cached
LARGEST_SHARE = 25  # a response may take a twenty-fifth of the cache
OVERHEAD = 3000  # bytes for a response and its key in addition to the body
SINGLE_FLIGHT_SECONDS = 10.0  # seconds to wait for a response that another request is computing
NOT_IN_304 = {b"content-length", b"content-type", b"content-encoding", b"content-language"}

SMALLEST_COMPRESSED = 800  # bytes; a smaller body fits into one packet uncompressed
# On the event loop, level 3 compresses a page of 20 kB in 0.1 ms; level 9 took 0.4 ms to save another 6 %.
ENCODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"zstd": lambda body: zstd.compress(body, 3),
    b"gzip": lambda body: zlib.compress(body, 1, wbits=31),
}
EMPTY_BODY: Message = {"type": "http.response.body", "body": b""}


class CachedResponse:
    """A response in one encoding, as ready messages."""

    def __init__(self, status: int, headers: Headers, body: bytes, route: str) -> None:
        self.route, self.size = route, len(body) + OVERHEAD
        self.etag = dict(headers).get(b"etag")
        self.start: Message = {"type": "http.response.start", "status": status, "headers": ReadyHeaders(headers)}
        copy = bytes(memoryview(body))  # bytes from orjson occupy twice their size
        self.body: Message = {"type": "http.response.body", "body": copy}

    @cached_property
    def not_modified(self) -> Message:
        kept = ReadyHeaders(header for header in self.start["headers"] if header[0] not in NOT_IN_304)
        return {"type": "http.response.start", "status": 304, "headers": kept}

    def messages(self, if_none_match: bytes | None) -> tuple[Message, Message]:
        if if_none_match and self.etag and etag_matches(self.etag, if_none_match):
            return self.not_modified, EMPTY_BODY
        return self.start, self.body


class ResponseCache:
    """Responds to GET and HEAD from memory where possible.

    `validate` returns the catalogue's version as of this request, or None if it is unknown. `is_public` says whether
    responses of a path's view may be cached. `capacity` is in bytes. If several requests miss the same response, one
    computes it and the others wait (single-flight). Otherwise each write would make many of them compute a page.
    """

    def __init__(
        self,
        application: Any,
        *,
        validate: Callable[[], Awaitable[int | None]],
        is_public: Callable[[str], bool],
        capacity: int,
    ) -> None:
        self.application, self.validate, self.is_public = application, validate, is_public
        self.responses: LRUCache[Hashable, CachedResponse] = LRUCache(capacity, getsizeof=lambda cached: cached.size)
        self.largest = capacity // LARGEST_SHARE
        self.version: int | None = None  # the catalogue's version for all cached responses
        self.in_flight: dict[Hashable, asyncio.Event] = {}
        self.hits = self.misses = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        key = cache_key(scope, headers := dict(scope["headers"])) if scope["type"] == "http" else None
        version = scope.get("catalogue_version")
        if key is None or (version is None and (version := await self.validate()) is None):
            await self.application(scope, receive, send)
            return
        if version != self.version:
            self.responses.clear()
            self.version = version
        cached = self.responses.get(key)
        if cached is None and (computed := self.in_flight.get((version, key))):
            cached = await self._wait_for(key, computed)
        if cached:
            self.hits += 1
            scope["route"] = cached.route
            start, body = cached.messages(headers.get(b"if-none-match"))
            await send(start)
            await send(body)
        elif scope["method"] == "GET" and self.is_public(scope["path"]):
            await self._compute(key, headers, scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _wait_for(self, key: Hashable, computed: asyncio.Event) -> CachedResponse | None:
        """The response that another request is computing, or a newer one; None if it may not be cached."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SINGLE_FLIGHT_SECONDS):
                await computed.wait()
        return self.responses.get(key)

    async def _compute(self, key: Any, headers: Any, scope: Any, receive: Any, send: Any) -> None:
        self.misses += 1
        scope["catalogue_version"] = self.version
        version, computed = self.version, asyncio.Event()
        self.in_flight[version, key] = computed
        # Conditions are checked here, as a 304 from the application could not be cached.
        scope["headers"] = [header for header in scope["headers"] if header[0] != b"if-none-match"]
        recorder = Recorder(send, self.largest, encoding=key[-1], not_cacheable=computed.set)
        try:
            await self.application(scope, receive, recorder)
            cached = recorder.response(scope.get("route", ""))
            if cached and version == self.version:
                self.responses[key] = cached
        finally:
            computed.set()
            if self.in_flight.get((version, key)) is computed:
                del self.in_flight[version, key]
        if cached:
            for message in cached.messages(headers.get(b"if-none-match")):
                await send(message)


class Recorder:
    """Collects a response that may be cached. Passes on any other after calling `not_cacheable`."""

    def __init__(self, send: Any, largest: int, *, encoding: bytes, not_cacheable: Callable[[], None]) -> None:
        self.send, self.largest, self.encoding, self.not_cacheable = send, largest, encoding, not_cacheable
        self.status, self.body = 0, b""  # 0: it is passed on
        self.headers: dict[bytes, bytes] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.lower(): value for name, value in message["headers"]}
            if self.may_cache(message["status"], headers):
                self.status, self.headers = message["status"], headers
                return
            self.not_cacheable()
        if self.status:
            self.body += message.get("body", b"")
        else:
            await self.send(message)

    def may_cache(self, status: int, headers: Mapping[bytes, bytes]) -> bool:
        vary = {name.strip().lower() for name in headers.get(b"vary", b"").split(b",") if name.strip()}
        return (
            status in {200, 404}
            and headers.get(b"cache-control") == b"public, no-cache"
            and b"set-cookie" not in headers
            and 0 < int(headers.get(b"content-length", 0)) <= self.largest
            and vary <= KNOWN_TO_VARY
        )

    def response(self, route: str) -> CachedResponse | None:
        if not self.status:
            return None
        headers, body = self.headers, self.body
        headers.pop(b"x-request-id", None)  # of one request
        has_etag = b"etag" in headers
        # A view's own ETag means the bytes that it sent, so these are not compressed.
        if not has_etag and b"content-encoding" not in headers and len(body) >= SMALLEST_COMPRESSED:
            headers[b"vary"] = b", ".join(filter(None, [headers.get(b"vary"), b"Accept-Encoding"]))
            if self.encoding != IDENTITY and len(compressed := ENCODERS[self.encoding](body)) < len(body):
                body = compressed
                headers |= {b"content-length": b"%d" % len(body), b"content-encoding": self.encoding}
        if self.status == 200 and not has_etag:
            headers[b"etag"] = b'"%s"' % sha1(body, usedforsecurity=False).hexdigest().encode()
        return CachedResponse(self.status, list(headers.items()), body, route)


def cache_key(scope: Any, headers: Mapping[bytes, bytes]) -> Hashable:
    """All that a response depends on besides the catalogue, with the encoding last; None if Django must respond."""
    if scope["method"] not in {"GET", "HEAD"} or len(headers) != len(scope["headers"]):
        return None
    if "remote_user" in scope or not PERSONAL.isdisjoint(headers):
        return None
    accept, encoding = headers.get(b"accept", b""), headers.get(b"accept-encoding", b"")
    path, query, host = scope["path"], scope["query_string"], headers.get(b"host", b"")
    if len(path) + len(query) + len(accept) + len(encoding) + len(host) > LONGEST_KEY:
        return None
    preferred = next(iter(accepted_encodings(encoding)), IDENTITY)
    return path, query, accept, host, scope.get("scheme", "http"), preferred


def etag_matches(etag: bytes, if_none_match: bytes) -> bool:
    return if_none_match == etag or any(
        one.strip().removeprefix(b"W/") in {etag, b"*"} for one in if_none_match.split(b",")
    )
