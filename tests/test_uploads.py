"""Who may send a list to import is asked before the list is read: nobody else fills the disk."""

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from books.models import FileChunk, Job, JobFile, Scope, Token
from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from tests.asgi.client import Exchange, Message, until
from tests.asgi.conftest import MakePool, make_pool  # noqa: F401 - a fixture
from tests.asgi.wire import Server, Wire
from tests.people import librarian, reader

pytestmark = pytest.mark.django_db(transaction=True)

PART = 64 << 10
SIZE = (1 << 20) + PART
UPLOAD_LIMIT = 2 << 20
JOBS = ["/jobs/", "/jobs/a/"]
BOUNDARY = "b"
FORM = ("content-type", f"multipart/form-data; boundary={BOUNDARY}")
CHUNKED = ("transfer-encoding", "chunked")
UNKNOWN = ("authorization", "Bearer books_unknown")


@pytest.fixture
def handler(make_pool: MakePool) -> Handler:  # noqa: F811
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return Handler(make_pool(), server_refusal, body_limit=limit, upload_limit=UPLOAD_LIMIT)


class Upload(Exchange):
    """Notes how much of the body was received when the answer began."""

    received = received_at_answer = 0

    async def receive(self) -> Message:
        message = await super().receive()
        self.received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.received_at_answer = self.received
        await super().send(message)


def form(file: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="books.csv"\r\n\r\n'
    return head.encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(handler: Handler, path: str, *headers: tuple[str, str], size: int = SIZE, method: str = "POST") -> Upload:
    body = form((b"title\n" + b"x\n" * size)[:size])
    parts = [body[start : start + PART] for start in range(0, len(body), PART)]
    length = [] if CHUNKED in headers else [("content-length", str(len(body)))]
    return Upload(handler, path, method=method, headers=[FORM, *length, *headers], body=parts)


async def as_whom(make: Callable[[], User], *scopes: Scope) -> tuple[str, str]:
    user = await sync_to_async(make)()
    _, secret = await sync_to_async(Token.objects.issue)(user, "upload", scopes, None)
    return "authorization", f"Bearer {secret}"


async def refusal(exchange: Upload) -> int:
    """The status; nothing was received before it, and nothing is kept."""
    answer = await exchange.answer()
    assert exchange.received_at_answer == 0
    assert not await JobFile.objects.aexists()
    return answer.status


@pytest.mark.parametrize("path", JOBS)
async def test_nobody_in_particular_is_refused_before_the_list_is_read(handler: Handler, path: str) -> None:
    assert await refusal(upload(handler, path)) == 401


@pytest.mark.parametrize("path", JOBS)
async def test_a_token_that_is_not_known_is_refused_before_the_list_is_read(handler: Handler, path: str) -> None:
    assert await refusal(upload(handler, path, UNKNOWN)) == 401


@pytest.mark.parametrize("path", JOBS)
async def test_a_reader_is_refused_before_the_list_is_read(handler: Handler, path: str) -> None:
    assert await refusal(upload(handler, path, await as_whom(reader, Scope.JOBS))) == 403


async def test_a_token_that_is_not_for_jobs_is_refused_before_the_list_is_read(handler: Handler) -> None:
    assert await refusal(upload(handler, "/jobs/", await as_whom(librarian, Scope.READ, Scope.WRITE))) == 403


async def test_a_token_that_may_not_write_is_refused_before_the_list_is_read(handler: Handler) -> None:
    assert await refusal(upload(handler, "/jobs/", await as_whom(librarian, Scope.READ, Scope.JOBS))) == 403


async def test_one_in_chunks_is_refused_before_it_is_read(handler: Handler) -> None:
    assert await refusal(upload(handler, "/jobs/", CHUNKED)) == 401


@pytest.mark.parametrize("path", JOBS)
async def test_a_librarians_list_is_let_in(handler: Handler, path: str) -> None:
    answer = await upload(handler, path, await as_whom(librarian, Scope.JOBS, Scope.WRITE)).answer()
    assert answer.status == 202
    file = await JobFile.objects.select_related("job").aget()
    assert (f"/jobs/{file.job.key}/", file.size) == (answer.headers["location"], SIZE)  # type: ignore[union-attr]


async def test_a_token_that_is_revoked_on_the_way_lets_nothing_in(handler: Handler) -> None:
    exchange = upload(handler, "/jobs/", await as_whom(librarian, Scope.JOBS, Scope.WRITE))
    receive = exchange.receive

    async def revoked() -> Message:
        await Token.objects.aupdate(revoked_at=timezone.now())
        return await receive()

    exchange.receive = revoked  # type: ignore[method-assign]
    assert ((await exchange.answer()).status, await JobFile.objects.aexists()) == (401, False)


async def test_a_librarians_list_in_chunks_is_let_in(handler: Handler) -> None:
    answer = await upload(handler, "/jobs/a/", CHUNKED, await as_whom(librarian, Scope.JOBS, Scope.WRITE)).answer()
    assert (answer.status, await Job.objects.acount()) == (202, 1)


async def test_a_list_that_is_told_to_be_larger_than_all_is_413_before_it_is_read(handler: Handler) -> None:
    token = await as_whom(librarian, Scope.JOBS, Scope.WRITE)
    assert await refusal(upload(handler, "/jobs/", token, size=UPLOAD_LIMIT)) == 413


async def test_a_list_in_chunks_is_413_as_soon_as_it_is_larger_than_all(handler: Handler) -> None:
    exchange = upload(
        handler, "/jobs/", CHUNKED, await as_whom(librarian, Scope.JOBS, Scope.WRITE), size=2 * UPLOAD_LIMIT
    )
    answer = await exchange.answer()
    assert (answer.status, answer.json()["detail"][:30]) == (413, f"A body may have {UPLOAD_LIMIT:,} bytes"[:30])
    assert UPLOAD_LIMIT < exchange.received_at_answer <= UPLOAD_LIMIT + PART
    assert not await FileChunk.objects.aexists()


@pytest.mark.parametrize("path", ["/books/", "/jobs/a/cancel/", "/accounts/login/"])
async def test_other_addresses_take_no_list_from_anybody(handler: Handler, path: str) -> None:
    assert await refusal(upload(handler, path, await as_whom(librarian, *Scope))) == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET"])
async def test_no_other_method_takes_a_list(handler: Handler, method: str) -> None:
    assert await refusal(upload(handler, "/jobs/a/", await as_whom(librarian, *Scope), method=method)) == 413


async def test_a_refusal_closes_the_connection_on_which_the_list_would_come(handler: Handler) -> None:
    answer = await upload(handler, "/books/").answer()
    assert answer.headers["connection"] == "close"


# As curl sends it: it waits for a word before it sends a long body.


@pytest.fixture
async def wire(handler: Handler) -> Wire:
    return Server(handler).connect()


async def ask_first(wire: Wire, *headers: tuple[str, str]) -> list[int]:
    """The statuses of the first answer to the head of an upload."""
    told = [("host", "testserver"), FORM, ("content-length", "2000000"), ("expect", "100-continue"), *headers]
    await wire.send(b"POST /jobs/ HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in told).encode() + b"\r\n")
    await until(lambda: wire.statuses)
    return wire.statuses


async def test_curl_is_told_to_go_on_only_if_the_list_is_let_in(handler: Handler, wire: Wire) -> None:
    assert await ask_first(wire, await as_whom(librarian, Scope.JOBS, Scope.WRITE)) == [100]
    wire.abort()


async def test_curl_is_told_why_not_without_sending_the_list(handler: Handler, wire: Wire) -> None:
    assert (await ask_first(wire))[0] == 401
    await until(lambda: b"/accounts/login/" in wire.written)
    assert b"100 Continue" not in wire.written
    wire.abort()
