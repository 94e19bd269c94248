"""Who may send a body that is larger than forms are is decided before it is read."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.views import View

from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from tests.asgi.client import Exchange, ask
from tests.asgi.conftest import MakePool, Serve

pytestmark = pytest.mark.once

UPLOAD_LIMIT = 5000


@pytest.fixture
def handler(serve: Serve) -> Handler:
    class Strict(View):
        takes_uploads = False

        async def post(self, request: Any) -> HttpResponse:
            if receive_body := request.scope.get("receive_body"):
                if request.path != "/upload/":
                    return HttpResponse(status=403)
                await receive_body(request)
            return HttpResponse(str(len(request.body)))

    return serve(Strict.as_view(), body_limit=1000, upload_limit=UPLOAD_LIMIT)


def post(size: int) -> dict[str, Any]:
    body = [b"x" * 500] * (size // 500) + [b"x" * (size % 500)]
    return {"method": "POST", "body": body, "headers": [("content-length", str(size))]}


async def test_a_body_that_is_let_in_may_be_as_large_as_uploads(handler: Handler, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    assert (await ask(handler, "/upload/", **post(UPLOAD_LIMIT))).body == b"5000"


async def test_it_may_not_be_larger(handler: Handler) -> None:
    assert (await ask(handler, "/upload/", **post(UPLOAD_LIMIT + 1))).status == 413


async def test_a_body_that_is_not_let_in_is_answered_before_it_is_read(handler: Handler) -> None:
    exchange = Exchange(handler, **post(UPLOAD_LIMIT))
    unread: list[int] = []
    send = exchange.send

    async def note(message: Any) -> None:
        unread.append(len(exchange.unsent))
        await send(message)

    await exchange.application(exchange.scope, exchange.receive, note)
    assert (exchange.sent[0]["status"], unread[0], unread[-1]) == (403, 11, 0)


async def test_a_body_within_the_limit_of_forms_needs_no_leave(handler: Handler) -> None:
    assert (await ask(handler, **post(1000))).body == b"1000"


CHUNKED_FORM = [("transfer-encoding", "chunked"), ("content-type", "multipart/form-data; boundary=x")]


async def test_a_form_in_chunks_needs_leave_where_uploads_are_taken(make_pool: MakePool) -> None:
    handler = Handler(make_pool(), server_refusal, body_limit=1000, upload_limit=UPLOAD_LIMIT)
    assert (await ask(handler, "/jobs/", method="POST", body=[b"x"], headers=CHUNKED_FORM)).status == 401


async def test_elsewhere_it_may_be_as_large_as_forms(handler: Handler) -> None:
    for size, status in ((1000, 200), (1001, 413)):
        answer = await ask(handler, method="POST", body=[b"x" * 500, b"x" * (size - 500)], headers=CHUNKED_FORM)
        assert answer.status == status


@pytest.mark.parametrize("path", ["/admin/login/", "/books/", "/nowhere/"])
async def test_the_catalogue_reads_no_large_body_where_no_list_is_imported(path: str, make_pool: MakePool) -> None:
    handler = Handler(make_pool(), server_refusal, body_limit=1000, upload_limit=UPLOAD_LIMIT)
    answer = await ask(handler, path, **post(UPLOAD_LIMIT))
    assert answer.status == (404 if path == "/nowhere/" else 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/books/", 401),
        ("PUT", "/books/1/", 401),
        ("POST", "/books/1/history/", 405),
        ("POST", "/nothing-here/", 404),
        ("POST", "/accounts/login/", 413),
        ("POST", "/admin/login/", 413),
        ("POST", "/admin/auth/user/add/", 413),
    ],
)
async def test_who_may_not_send_a_body_there_is_refused_before_it_is_read(
    method: str, path: str, status: int, make_pool: MakePool
) -> None:
    handler = Handler(make_pool(), server_refusal, body_limit=1 << 20, upload_limit=1 << 30)
    headers = [("content-length", "75000"), ("content-type", "application/json")]
    exchange = Exchange(handler, path, method=method, body=[b"x" * 25_000] * 3, headers=headers)
    unread: list[int] = []
    send = exchange.send

    async def note(message: Any) -> None:
        unread.append(len(exchange.unsent))
        await send(message)

    await exchange.application(exchange.scope, exchange.receive, note)
    assert (exchange.sent[0]["status"], unread[0]) == (status, 3)


FORM = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")]
CARRIED = "The form will still contain what you typed."
BESIDE = "Sign in at /accounts/login/ in another window. Then go back to your form in this one"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("letters", "shown"), [(3500, CARRIED), (5000, BESIDE), (8000, BESIDE)])
async def test_what_is_typed_after_a_session_has_ended_is_not_lost(
    letters: int, shown: str, make_pool: MakePool
) -> None:
    handler = Handler(make_pool(), server_refusal, body_limit=1 << 20, upload_limit=1 << 30)
    typed = f"title=Kokoro&description={'%E5%BF%83' * letters}"
    answer = await ask(handler, "/books/new/", **form(typed))
    assert (answer.status, shown in answer.body.decode()) == (401, True)
    if shown == CARRIED:  # and the sign-in form that carries it is taken
        answer = await ask(handler, "/accounts/login/", **form(urlencode({"typed": typed})))
        assert (answer.status, CARRIED in answer.body.decode()) == (422, True)


def form(body: str) -> dict[str, Any]:
    return {"method": "POST", "body": [body.encode()], "headers": [*FORM, ("content-length", str(len(body)))]}
