"""All requests that the catalogue sends to other servers.

    LookupFailed         the source sent nothing usable; the message says why
    ├── Unreachable      no connection, no complete response in time, or a server error
    ├── InvalidResponse  too large, not JSON, compressed, or a redirect to another server
    ├── CircuitOpen      the source asked for a pause or failed too often
    └── RateLimited      our own limit

A look-up is a GET that changes nothing, so it may be repeated. It only goes to the hosts in the settings: proxies in
the environment are ignored, and redirects are followed only on the same host. It holds no thread while waiting.
Signing in sends a request to one server, once, with the same limits.
"""

import asyncio
import random
import ssl
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import certifi
import orjson
from asgiref.sync import sync_to_async
from django.conf import settings

from books.models.lookup import CircuitOpen, LookupFailed, Source
from django41_example.server.threads import release

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 1 << 20  # of a response
MAX_PARTS = 10_000  # objects and lists in a response, as each takes memory; a book has a few hundred
MAX_REDIRECTS = 3
ATTEMPTS = 2
JITTER = 0.5  # maximal seconds before the second attempt
CONCURRENCY = 32  # concurrent requests of one process
MAX_PAUSE, DEFAULT_PAUSE = 3600.0, 10.0  # seconds: the longest Retry-After, and the pause if it is unreadable
# With the first request: 2 MB that most workers never need. httpx itself would import the last two on the event loop.
IMPORTED_LATE = ("httpx", "httpcore", "anyio._backends._asyncio")

_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_sign_in_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class Unreachable(LookupFailed):
    """`retry`: another attempt may succeed at once."""

    def __init__(self, reason: str, *, retry: bool = False) -> None:
        super().__init__(reason)
        self.retry = retry


class InvalidResponse(LookupFailed):
    """Asking again would not help."""


@dataclass(frozen=True)
class Host:
    """A server that we may send requests to, and headers only for it, such as a key."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


async def afetch(host: Host, path: str, query: Mapping[str, str], deadline: float) -> Any:
    """The JSON at a path; None for a 404. Raises LookupFailed. `deadline`: in the event loop's time."""
    loop = asyncio.get_running_loop()
    release()
    async with _slots.setdefault(loop, asyncio.Semaphore(CONCURRENCY)):
        for attempts_left in reversed(range(ATTEMPTS)):
            wait = await sync_to_async(Source.objects.reserve)(host.name, deadline - loop.time())
            release()
            await asyncio.sleep(wait)
            try:
                response = await _request(host, path, query, seconds=settings.LOOKUP_SECONDS)
            except CircuitOpen as error:
                await Source.objects.apause(host.name, error.seconds)
                raise
            except LookupFailed as error:
                await Source.objects.acount_failure(host.name)
                if not (attempts_left and isinstance(error, Unreachable) and error.retry):
                    raise
            else:
                await Source.objects.areset_failures(host.name)
                return response
            release()
            await asyncio.sleep(random.uniform(0, JITTER))  # noqa: S311 - not a secret
    raise AssertionError("The last attempt returns or raises.")  # pragma: no cover


async def aask(host: Host, form: Mapping[str, str] | None = None, *, seconds: float) -> Any:
    """The JSON at a host's URL, or its response to a form; None for a 404. Raises LookupFailed."""
    release()
    slots = _sign_in_slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(CONCURRENCY))
    try:
        async with asyncio.timeout(seconds), slots:
            return await _request(host, "", {}, form, seconds=seconds)
    except TimeoutError:  # in the queue
        raise Unreachable(f"Too many requests to {host.name} at once.") from None


async def _request(
    host: Host, path: str, query: Mapping[str, str], form: Mapping[str, str] | None = None, *, seconds: float
) -> Any:
    httpx, _ = await _aloaded()
    try:
        async with asyncio.timeout(seconds):
            body = await _body(host, path, query, form)
    except TimeoutError:
        raise Unreachable(f"{host.name} gave no complete response within {seconds:g} seconds.") from None
    except httpx.ProtocolError:
        raise Unreachable(f"{host.name} closed the connection or did not speak HTTP.", retry=True) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        raise Unreachable(f"{host.name} cannot be reached.", retry=True) from None
    return None if body is None else _json(host, body)


async def _body(host: Host, path: str, query: Mapping[str, str], form: Mapping[str, str] | None) -> bytearray | None:
    what: dict[str, Any] = {"params": dict(query) or None, "data": form, "headers": _headers(host)}
    async with await aclient() as client:
        request = first = client.build_request("POST" if form else "GET", f"{host.url}{path}", **what)
        for _ in range(MAX_REDIRECTS + 1):
            response = await client.send(request, stream=True)
            async with aclosing(response):
                if form or response.next_request is None:
                    return await _read(host, response) if _is_found(host, response) else None
            request = response.next_request
            if _origin(request.url) != _origin(first.url):
                raise InvalidResponse(f"{host.name} redirects to another server, which is not allowed.")
    raise InvalidResponse(f"{host.name} redirects in a circle.")


def _origin(url: "httpx.URL") -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def aclient() -> "httpx.AsyncClient":
    """A client without proxies and limits, which the caller sets."""
    httpx, tls = await _aloaded()
    transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False)
    return httpx.AsyncClient(transport=transport, timeout=None, trust_env=False)  # type: ignore[no-any-return]


async def _aloaded() -> tuple[Any, ssl.SSLContext]:
    return _loaded() if _loaded.cache_info().currsize else await asyncio.to_thread(_loaded)


@cache
def _loaded() -> tuple[Any, ssl.SSLContext]:
    """httpx, and whom TLS trusts. Reads files, so call it in a thread."""
    httpx, *_ = map(import_module, IMPORTED_LATE)
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()  # certificate authorities of the local network
    return httpx, context


def _headers(host: Host) -> dict[str, str]:
    """Headers with our host name in the user agent, so that the source knows whom to contact."""
    ours = next(iter(settings.ALLOWED_HOSTS), "localhost").encode("ascii", "backslashreplace").decode()
    agent = f"book-catalogue (for {ours})"
    return {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": agent, **host.headers}


def _is_found(host: Host, response: "httpx.Response") -> bool:
    """Whether the response has a body to read; False for a 404. Raises LookupFailed for any other status but 200."""
    status, retry_after = response.status_code, response.headers.get("Retry-After", "")
    if status == 429 or (status == 503 and retry_after):
        raise CircuitOpen(f"{host.name} asked for a pause.", _pause(retry_after))
    if status >= 500:
        raise Unreachable(f"{host.name} reports a server error (status {status}).", retry=True)
    if status not in {200, 404}:
        raise InvalidResponse(f"{host.name} refused the request (status {status}).")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise InvalidResponse(f"{host.name} sent a compressed response, which we did not ask for.")
    return status == 200


def _pause(retry_after: str) -> float:
    """The seconds in a Retry-After header, which may also be a date."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after[:9]), MAX_PAUSE)
    try:
        at = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return DEFAULT_PAUSE
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 1.0), MAX_PAUSE)


async def _read(host: Host, response: "httpx.Response") -> bytearray:
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > MAX_BYTES:
            raise InvalidResponse(f"{host.name} sent more than {MAX_BYTES >> 20} MiB.")
    return body


def _json(host: Host, body: bytearray) -> Any:
    """The JSON in a body. The parser itself refuses more than 1,024 levels."""
    if body.count(b"{") + body.count(b"[") > MAX_PARTS:
        raise InvalidResponse(f"{host.name} sent JSON with too many parts.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidResponse(f"{host.name} sent a response that is not JSON.") from None
