"""An answer that is kept: its messages, ready to be sent, in each coding that was asked for."""

import asyncio
from collections.abc import Hashable
from hashlib import blake2b
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from django41_example.server.compression import CODINGS, IDENTITY
from django41_example.server.shelf import Kept

Key = tuple[Hashable, ...]  # what an answer depends on
Headers = list[tuple[bytes, bytes]]
Message = dict[str, Any]

NOT_IN_304 = {b"content-length", b"content-type", b"content-encoding", b"content-language"}
OVERHEAD = 4000  # bytes that an answer costs besides its body
WORTH_CODING = 800  # bytes; what is smaller fits a packet as it is
NOTHING: Message = {"type": "http.response.body", "body": b""}


class Variant:
    """One answer in one coding, ready to be sent: as messages, and as bytes of a connection."""

    __slots__ = ("body", "etag", "head", "not_modified", "not_modified_head", "start")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.etag = dict(headers).get(b"etag")
        self.start: Message = {"type": "http.response.start", "status": status, "headers": headers}
        self.body: Message = {"type": "http.response.body", "body": body}
        rest = [header for header in headers if header[0] not in NOT_IN_304]
        self.not_modified: Message = {"type": "http.response.start", "status": 304, "headers": rest}
        self.head, self.not_modified_head = head(status, headers), head(304, rest)

    def messages(self, known: bytes | None) -> tuple[Message, Message]:
        """What to send to a client that has the answers with these ETags (If-None-Match)."""
        return (self.not_modified, NOTHING) if self.is_known(known) else (self.start, self.body)

    def head_and_body(self, known: bytes | None) -> tuple[bytes, bytes]:
        """The same as bytes; a blank line is missing between the two, for other headers to stand before it."""
        return (self.not_modified_head, b"") if self.is_known(known) else (self.head, self.body["body"])

    def is_known(self, known: bytes | None) -> bool:
        return known is not None and self.etag is not None and is_among(self.etag, known)


class KeptAnswer(Kept):
    """An answer in the codings in which it was asked for."""

    __slots__ = ("headers", "is_codable", "route", "status", "variants")

    def __init__(self, status: int, headers: Headers, body: bytes, route: str) -> None:
        super().__init__(OVERHEAD + len(body))
        self.route = route
        named = dict(headers)
        self.status = status
        # One that has its own ETag means it for its bytes, whatever carries them; and it is small.
        self.is_codable = len(body) >= WORTH_CODING and b"etag" not in named and b"content-encoding" not in named
        self.headers = varying_by_coding(headers) if self.is_codable else headers
        if b"etag" not in named and status == 200:
            self.headers = [*self.headers, (b"etag", b'"%s"' % blake2b(body, digest_size=12).hexdigest().encode())]
        self.variants = {IDENTITY: Variant(status, self.headers, body)}

    async def variant(self, coding: bytes) -> Variant:
        """The answer in this coding; made in a thread when it is first asked for."""
        if not self.is_codable:
            return self.variants[IDENTITY]
        body = self.variants[IDENTITY].body["body"]
        coded = await asyncio.to_thread(CODINGS[coding], body)
        if len(coded) >= len(body):
            return self.variants[IDENTITY]
        changed = {b"content-length": b"%d" % len(coded)}
        if etag := dict(self.headers).get(b"etag"):
            changed[b"etag"] = b'%s-%s"' % (etag[:-1], coding)  # other bytes, another strong validator
        headers = [(name, changed.get(name, value)) for name, value in self.headers]
        return Variant(self.status, [*headers, (b"content-encoding", coding)], coded)


def head(status: int, headers: Headers) -> bytes:
    return STATUS_LINE[status] + b"".join(b"%b: %b\r\n" % header for header in headers)


def is_among(etag: bytes, known: bytes) -> bool:
    """Whether a client that knows these ETags (If-None-Match) knows this one."""
    return known == etag or any(one.strip().removeprefix(b"W/") in {etag, b"*"} for one in known.split(b","))


def varying_by_coding(headers: Headers) -> Headers:
    vary = dict(headers).get(b"vary", b"")
    rest = [(name, value) for name, value in headers if name != b"vary"]
    return [*rest, (b"vary", b", ".join(filter(None, [vary, b"Accept-Encoding"])))]
