import json
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from django41_example.server.request_log import REQUEST_ID, JsonFormatter, RequestLog, WithRequestId
from tests.asgi.client import Exchange, ask
from tests.asgi.conftest import Serve

pytestmark = pytest.mark.once

log = logging.getLogger("tests.journal")


async def application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"two ", "more_body": True})
    await send({"type": "http.response.body", "body": b"parts"})


@pytest.fixture
def access(caplog: Any) -> Any:
    caplog.set_level(logging.INFO, "access")
    caplog.handler.addFilter(WithRequestId())
    return caplog


def noted(caplog: Any) -> logging.LogRecord:
    (record,) = [record for record in caplog.records if record.name == "access"]
    return record


# The ids that the handler gives


async def view(request: HttpRequest) -> HttpResponse:
    log.warning("at work")
    return HttpResponse(headers={"X-Own": "kept"})


async def test_each_answer_has_an_id_of_its_own(serve: Serve) -> None:
    handler = serve(view)
    ids = {(await ask(handler)).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_two_workers_give_no_id_twice(serve: Serve) -> None:
    first, second = await ask(serve(view)), await ask(serve(view))
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_the_answers_own_headers_are_kept(serve: Serve) -> None:
    assert (await ask(serve(view))).headers["x-own"] == "kept"


async def test_an_answer_that_is_streamed_has_an_id_too(serve: Serve) -> None:
    async def stream(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(part async for part in parts())

    async def parts() -> AsyncIterator[bytes]:
        yield b"part"

    answer = await ask(serve(stream))
    assert (answer.body, bool(answer.headers["x-request-id"])) == (b"part", True)


async def test_the_id_is_in_every_line_about_the_request(access: Any, serve: Serve) -> None:
    answer = await ask(RequestLog(serve(view)))
    lines = [record for record in access.records if record.name in {"access", "tests.journal"}]
    assert [record.request_id for record in lines] == 2 * [answer.headers["x-request-id"]]


def test_a_line_about_no_request_has_no_id(access: Any) -> None:
    log.warning("between requests")
    assert access.records[0].request_id == REQUEST_ID.get()


async def test_a_client_cannot_choose_the_id(serve: Serve) -> None:
    answer = await ask(serve(view), headers=[("x-request-id", "mine")])
    assert answer.headers["x-request-id"] != "mine"


# The log of requests


async def test_the_access_log_tells_what_became_of_a_request(access: Any) -> None:
    await ask(RequestLog(application), "/books/?q=secret", method="POST", client="192.0.2.7")
    record: Any = noted(access)
    facts = record.method, record.path, record.status, record.bytes, record.client
    assert facts == ("POST", "/books/", 201, 9, "192.0.2.7")
    assert 0 <= record.milliseconds < 60_000


async def test_nothing_is_logged_unless_it_is_asked_for(caplog: Any) -> None:
    caplog.set_level(logging.WARNING, "access")
    await ask(RequestLog(application))
    assert [record for record in caplog.records if record.name == "access"] == []


async def test_a_line_break_in_an_address_breaks_no_line(access: Any) -> None:
    await ask(RequestLog(application), "/a\nb\r\x1b[31m WARNING forged")
    line = noted(access).getMessage()
    assert line.isprintable()
    assert r"/a\nb\r\x1b[31m" in line


async def test_a_request_that_fails_is_noted(access: Any) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await Exchange(RequestLog(failing)).start()
    record: Any = noted(access)
    assert (record.status, record.bytes) == (0, 0)


async def test_whoever_counts_is_told_of_each_answer() -> None:
    async def routed(scope: Any, receive: Any, send: Any) -> None:
        scope["route"] = "books/<id:pk>/"
        await application(scope, receive, send)

    seen: list[Any] = []
    await ask(RequestLog(routed, observe=lambda *facts: seen.append(facts)), method="PUT")
    assert seen == [("PUT", "books/<id:pk>/", 201, seen[0][3])]
    assert 0 < seen[0][3] < 60


async def test_what_is_no_request_is_not_noted() -> None:
    scopes: list[Any] = []

    async def note(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    await RequestLog(note)({"type": "lifespan"}, None, None)
    assert scopes == [{"type": "lifespan"}]


# As JSON


def in_json(message: str, *arguments: object, **options: Any) -> Any:
    record = log.makeRecord(log.name, logging.WARNING, __file__, 1, message, arguments, **{"exc_info": None, **options})
    line = JsonFormatter().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_a_line_is_an_object_with_what_happened_and_when() -> None:
    line = in_json("%s is late", "心")
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING", "logger": "tests.journal", "message": "心 is late", "request_id": REQUEST_ID.get()
    }  # fmt: skip


def test_a_line_about_an_answer_has_its_facts() -> None:
    line = in_json("answered", extra={"method": "GET", "status": 200, "milliseconds": 1.5})
    assert (line["method"], line["status"], line["milliseconds"]) == ("GET", 200, 1.5)


def test_an_exception_stays_on_its_line() -> None:
    try:
        int("two\nlines")
    except ValueError:
        line = in_json("failed", exc_info=sys.exc_info())
    assert line["exception"].startswith("Traceback")
    assert "ValueError: invalid literal" in line["exception"]


def test_line_breaks_in_a_message_stay_on_its_line() -> None:
    assert in_json("a\nb\u2028c\r")["message"] == "a\nb\u2028c\r"


def test_what_json_does_not_know_is_told_as_text() -> None:
    assert in_json("answered", extra={"status": {1}})["status"] == "{1}"


def test_what_a_client_sends_amiss_is_told_in_one_line() -> None:
    record = logging.LogRecord(
        "django.security.DisallowedHost", 40, "", 1, "Invalid HTTP_HOST", None, (None, None, None)
    )
    assert WithRequestId().filter(record)
    assert logging.Formatter().format(record) == "Invalid HTTP_HOST"


def test_an_error_of_ours_keeps_its_traceback() -> None:
    record = logging.LogRecord("django.request", 40, "", 1, "Internal Server Error", None, (None, None, None))
    WithRequestId().filter(record)
    assert record.exc_info
