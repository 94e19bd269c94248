"""The one door to the outside: whatever the catalogue asks of other servers passes here.

    Unanswered         a source gave nothing that can be used; the message says why
    ├── Unreachable    no connection, no whole answer in time, or an error of its own
    ├── Unusable       an answer that is too large, no JSON, compressed, or sends us elsewhere
    ├── Resting        it has asked to be left alone, or has failed too often of late
    └── Crowded        we have asked it as often as we may

A question is a GET that changes nothing, so it may be asked again. It goes to no host but those of the settings, by no
proxy of the environment, and to no address that an answer names, unless that is one of the same servers. While it
waits, its request holds no thread.
"""

import asyncio
import math
import random
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

import certifi
import httpx
import orjson
from asgiref.sync import sync_to_async
from django.conf import settings

from books.models.lookup import NotNow, Source
from django41_example.server.threads import release

LARGEST = 1 << 20  # bytes of an answer
MOST_PARTS = 10_000  # objects and lists in one, however deep: each takes memory, and a book has a few hundred
REDIRECTS = 3
TRIES = 2
IMPORTED_LATE = ("httpcore", "anyio._backends._asyncio")  # by httpx, at its first question, on the event loop
JITTER = 0.5  # seconds at most before the second try
AT_ONCE = 32  # questions that one process has on the way
LONGEST_REST = 3600.0  # seconds that a Retry-After may ask for
USUAL_REST = 10.0  # where a source wants to be left alone and does not say for how long

_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class Unanswered(Exception):
    """A source gave nothing that can be used. `seconds` from now it may be worth another try."""

    def __init__(self, reason: str, seconds: float = USUAL_REST) -> None:
        super().__init__(reason)
        self.seconds = max(1, math.ceil(seconds))


class Unreachable(Unanswered):
    """No connection, no whole answer in time, or an error of its own. `again`: one more try may do at once."""

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again


class Unusable(Unanswered):
    """An answer that is not what was asked for."""


class Resting(Unanswered):
    """It is to be left alone for now."""


class Crowded(Unanswered):
    """We have asked as often as we may."""


@dataclass(frozen=True)
class Site:
    """A server that may be asked: its name for people, its address, and what only it is told."""

    name: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


async def aask(site: Site, path: str, query: Mapping[str, str], until: float) -> Any:
    """What the site answers, as JSON's values; None where it has nothing there (404). Raises Unanswered.

    `until`: the event loop's time at which nobody waits any more.
    """
    loop = asyncio.get_running_loop()
    release()
    async with _slots.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
        for last in (number == TRIES for number in range(1, TRIES + 1)):
            await _admission(site, until - loop.time())
            try:
                answer = await _try(site, path, query)
            except Resting as error:
                await Source.objects.arest(site.name, error.seconds)
                raise
            except Unanswered as error:
                await Source.objects.afailed(site.name)
                if last or not (isinstance(error, Unreachable) and error.again):
                    raise
            else:
                await Source.objects.aworked(site.name)
                return answer
            release()
            await asyncio.sleep(random.uniform(0, JITTER))  # noqa: S311 - no secret
    raise AssertionError("The last try answers or raises.")  # pragma: no cover


async def _admission(site: Site, patience: float) -> None:
    """Wait, without a thread, for the moment that is ours."""
    try:
        wait = await sync_to_async(Source.objects.admit)(site.name, patience)
    except NotNow as error:
        if error.rests:
            reason = f"{site.name} is left alone for now, since it asked for that or failed too often."
            raise Resting(reason, error.seconds) from None
        raise Crowded(f"{site.name} has been asked as often as it may be.", error.seconds - patience) from None
    release()
    await asyncio.sleep(wait)


async def _try(site: Site, path: str, query: Mapping[str, str]) -> Any:
    try:
        async with asyncio.timeout(settings.LOOKUP_SECONDS):
            body = await _body(site, str(httpx.URL(f"{site.address}{path}", params=dict(query))))
    except TimeoutError:
        reason = f"{site.name} gave no whole answer within {settings.LOOKUP_SECONDS} seconds."
        raise Unreachable(reason) from None
    except httpx.ProtocolError:
        raise Unreachable(f"{site.name} broke off, or gave an answer that is not HTTP.", again=True) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        raise Unreachable(f"{site.name} cannot be reached.", again=True) from None
    return None if body is None else _parsed(site, body)


async def _body(site: Site, url: str) -> bytearray | None:
    async with await aclient() as client:
        for _ in range(REDIRECTS + 1):
            async with client.stream("GET", url, headers=_headers(site), follow_redirects=False) as response:
                if not response.is_redirect:
                    return await _read(site, response) if _is_there(site, response) else None
                url = _onward(site, url, response.headers.get("Location", ""))
    raise Unusable(f"{site.name} sends us in a circle.")


async def aclient() -> httpx.AsyncClient:
    """A client without a proxy, without limits of its own: who asks with it sets them."""
    tls = _tls() if _tls.cache_info().currsize else await asyncio.to_thread(_tls)
    transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False)
    return httpx.AsyncClient(transport=transport, timeout=None, trust_env=False)  # noqa: S113


def _headers(site: Site) -> dict[str, str]:
    """Who asks: the catalogue, by the name under which people reach it."""
    host = next(iter(settings.ALLOWED_HOSTS), "localhost").encode("ascii", "backslashreplace").decode()
    agent = f"book-catalogue (for {host})"
    return {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": agent, **site.headers}


@cache
def _tls() -> ssl.SSLContext:
    """Reads files: in a thread."""
    for module in IMPORTED_LATE:
        import_module(module)
    return ssl.create_default_context(cafile=certifi.where())


def _onward(site: Site, url: str, location: str) -> str:
    """Where a redirect leads, if that is the same server."""
    try:
        onward = urljoin(url, location)
        if _origin(onward) == _origin(site.address):
            return onward
    except ValueError:
        pass
    raise Unusable(f"{site.name} sends us to another server, where we do not go.")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _is_there(site: Site, response: httpx.Response) -> bool:
    """Whether there is an answer to read. Raises Unanswered where there is none to come."""
    status, retry_after = response.status_code, response.headers.get("Retry-After", "")
    if status == 429 or (status == 503 and retry_after):
        raise Resting(f"{site.name} asks to be left alone for a while.", _seconds(retry_after))
    if status >= 500:
        raise Unreachable(f"{site.name} has a fault of its own (status {status}).", again=True)
    if status not in {200, 404}:
        raise Unusable(f"{site.name} refuses the question (status {status}).")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unusable(f"{site.name} gave a compressed answer, which we did not ask for.")
    return status == 200


def _seconds(retry_after: str) -> float:
    """How long a Retry-After asks for: seconds, or a date."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after[:9]), LONGEST_REST)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return USUAL_REST
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 1.0), LONGEST_REST)


async def _read(site: Site, response: httpx.Response) -> bytearray:
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > LARGEST:
            raise Unusable(f"{site.name} gave an answer of more than {LARGEST >> 20} MiB.")
    return body


def _parsed(site: Site, body: bytearray) -> Any:
    """The JSON in a body. Its depth is bounded by the parser, which refuses 1,025 levels."""
    if body.count(b"{") + body.count(b"[") > MOST_PARTS:
        raise Unusable(f"{site.name} gave an answer of too many parts.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unusable(f"{site.name} gave an answer that is no JSON.") from None
