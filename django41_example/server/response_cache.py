"""Whole answers, held in memory in front of Django for as long as what they were made from stays as it was.

Kept is what says in HTTP's own words that anybody may keep it who asks each time whether it is still so:
`Cache-Control: public, no-cache`. Such an answer is the same for everybody. It depends on the request's address and
representation, and on what `confirm` tells the revision of: that is whom this memory asks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from functools import lru_cache, partial
from itertools import starmap
from operator import itemgetter
from typing import Any

from django41_example.server.answer import Headers, KeptAnswer, Key, Message, Variant
from django41_example.server.compression import preferred_coding
from django41_example.server.repeats import Asked, Repeats
from django41_example.server.shelf import Shelf

# With one of these a request is not for everybody's answer, or cannot be answered without asking Django.
OF_ONE_CLIENT = {b"authorization", b"if-match", b"if-unmodified-since", b"content-length", b"transfer-encoding"}
LONGEST = 2000  # bytes of a query and of what is accepted, beyond which a request is not worth a place
CONSIDERED = {b"accept", b"accept-encoding", b"authorization", b"cookie"}  # an answer that varies by more is not kept
NOT_KEPT = {b"x-request-id"}  # of one request

LARGEST_PART = 50  # one answer may take one part in so many of the shelf
PATIENCE = 10.0  # seconds to wait for an answer that another request is making


class KeptAnswers:
    """Answers GET and HEAD from memory where it can, and keeps what the application answers where it may.

    `confirm` gives a number that changes whenever an answer may, in time for every request that it is asked for; None
    where it is not known. `representation` gives what an Accept header comes to: two headers for which it gives the
    same are answered alike. Who sends the cookie `session` is somebody, and passes. At most `capacity` bytes are held.
    Several requests for an answer that is not there wait for the one that makes it.
    """

    def __init__(
        self,
        application: Any,
        *,
        confirm: Callable[[], Awaitable[int | None]],
        representation: Callable[[bytes], Hashable],
        session: str,
        capacity: int,
    ) -> None:
        self.application, self.confirm, self.representation = application, confirm, representation
        self.session = session.encode()
        self.shelf: Shelf[KeptAnswer] = Shelf(capacity)
        self.number: int | None = None  # the revision of all that is on the shelf
        self.being_made: dict[Key, asyncio.Future[KeptAnswer | None]] = {}
        self.hits = self.misses = 0
        self.repeats = Repeats(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self.application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = self._key(scope, headers)
        number = await self.confirm() if key else None
        if key is None or number is None:
            await self.application(scope, receive, send)
            return
        answer = self._held(key, number)
        if answer is None:
            self.misses += 1
            being_made = self.being_made.get((number, *key))
            if being_made is None and scope["method"] == "GET":
                await Making(self, key, number, scope, send).run(receive)
                return
            answer = await self._made_by_another(being_made)
        if answer is None:
            await self.application(scope, receive, send)
            return
        self.hits += 1
        answer.is_asked = True
        scope["route"] = answer.route
        coding, known = preferred_coding(headers.get(b"accept-encoding", b"")), headers.get(b"if-none-match")
        if "repeatable" in scope:
            self.repeats.remember(scope["repeatable"], Asked(key, coding, known))
        variant = answer.variants.get(coding) or await self.variant(answer, key, coding)
        for message in variant.messages(known):
            await send(message)

    def ready(self, asked: Asked, number: int | None) -> tuple[bytes, bytes] | None:
        """What to send to a client that has asked this, at that number of the revision; None if it is not held."""
        answer = None if number is None else self._held(asked.key, number)
        variant = answer and answer.variants.get(asked.coding)
        if not (answer and variant):
            return None
        self.hits += 1
        answer.is_asked = True
        return variant.head_and_body(asked.known)

    def _held(self, key: Key, number: int) -> KeptAnswer | None:
        if number != self.number:
            self.shelf.clear()
            self.number = number
        return self.shelf.things.get(key)

    def _key(self, scope: Any, headers: Mapping[bytes, bytes]) -> Key | None:
        """What the answer depends on; None for a request whose answer is not everybody's."""
        if len(headers) != len(scope["headers"]) or not OF_ONE_CLIENT.isdisjoint(headers):
            return None
        query, accept = scope["query_string"], headers.get(b"accept", b"*/*")
        coding = headers.get(b"accept-encoding", b"")
        if self.session in headers.get(b"cookie", b"") or len(query) + len(accept) + len(coding) > LONGEST:
            return None
        return (
            scope["path"],
            in_canonical_order(query),
            self.representation(accept),
            headers.get(b"host"),
            scope.get("scheme"),
            headers.get(b"x-forwarded-proto"),
        )

    async def _made_by_another(self, making: asyncio.Future[KeptAnswer | None] | None) -> KeptAnswer | None:
        """The answer that another request makes now, from the same revision; None if it is not kept."""
        if making is None:
            return None
        await asyncio.wait([making], timeout=PATIENCE)
        return making.result() if making.done() else None

    async def variant(self, answer: KeptAnswer, key: Key, coding: bytes) -> Variant:
        variant = answer.variants.get(coding)
        if variant is None:
            variant = await answer.variant(coding)
            if coding not in answer.variants:
                answer.variants[coding] = variant
                self.shelf.grow(key, answer, len(variant.body["body"]))
        return variant

    def may_keep(self, status: int, headers: Headers) -> bool:
        named = dict(headers)
        varies_by = {name.strip().lower() for name in named.get(b"vary", b"").split(b",") if name.strip()}
        return (
            status in {200, 404}
            and named.get(b"cache-control") == b"public, no-cache"
            and b"set-cookie" not in named
            and 0 < int(named.get(b"content-length", 0)) <= self.shelf.capacity // LARGEST_PART
            and varies_by <= CONSIDERED
        )


class Making:
    """One request that the application answers, and whose answer is kept if it may be."""

    def __init__(self, kept: KeptAnswers, key: Key, number: int, scope: Any, send: Any) -> None:
        self.kept, self.key, self.number, self.scope, self.send = kept, key, number, scope, send
        self.headers = dict(scope["headers"])
        self.made: asyncio.Future[KeptAnswer | None] = asyncio.get_running_loop().create_future()
        self.start: Message | None = None  # of an answer that is to be kept
        self.body: list[bytes] = []

    async def run(self, receive: Any) -> None:
        self.kept.being_made[self.number, *self.key] = self.made
        self.scope["is_not_public"] = partial(self._tell, None)  # for who knows that early: nobody waits in vain
        # What the client knows is compared here: a 304 of the application's could not be kept.
        self.scope["headers"] = [(name, value) for name, value in self.scope["headers"] if name != b"if-none-match"]
        try:
            await self.kept.application(self.scope, receive, self.take)
        finally:
            self._tell(None)

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [header for header in starmap(lowered, message["headers"]) if header[0] not in NOT_KEPT]
            if self.kept.may_keep(message["status"], headers):
                self.start = {**message, "headers": headers}
                return
            self._tell(None)
        if self.start is None:
            await self.send(message)
            return
        self.body.append(message.get("body", b""))
        if not message.get("more_body"):
            route = self.scope.get("route", "")
            body = bytes(memoryview(b"".join(self.body)))  # a copy: who made it may have taken more than it needed
            answer = KeptAnswer(self.start["status"], self.start["headers"], body, route)
            self._tell(answer)
            coding = preferred_coding(self.headers.get(b"accept-encoding", b""))
            variant = await self.kept.variant(answer, self.key, coding)
            for ready in variant.messages(self.headers.get(b"if-none-match")):
                await self.send(ready)

    def _tell(self, answer: KeptAnswer | None) -> None:
        """What those who wait are given; and the shelf, if the catalogue has not changed since."""
        if self.made.done():
            return
        self.made.set_result(answer)
        del self.kept.being_made[(self.number, *self.key)]
        if answer and self.number == self.kept.number and self.key not in self.kept.shelf.things:
            self.kept.shelf.put(self.key, answer)


@lru_cache(1024)
def lowered(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """The header; the same object for all the answers that have it."""
    return name.lower(), value


@lru_cache(1024)
def in_canonical_order(query: bytes) -> bytes:
    """The query's parameters sorted by name. Those of one name keep their order, in which the last one counts."""
    named = [(part.partition(b"=")[0], part) for part in query.split(b"&")]
    if any(b"%" in name or b"+" in name for name, _ in named):  # two spellings of one name must not change places
        return query
    named.sort(key=itemgetter(0))
    return b"&".join(part for _, part in named)
