"""How a request is answered: its body within limits, its streams without threads, its writes to the end."""

import asyncio
import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views import View

from books.views.errors import server_refusal
from django41_example.server import body as bodies
from django41_example.server import handler as handler_module
from django41_example.server.handler import Handler
from django41_example.server.routes import Routes
from django41_example.server.threads import PoolTimeout
from tests.asgi.client import PATIENCE, Exchange, ask, until
from tests.asgi.conftest import Gate, MakePool, Serve

pytestmark = pytest.mark.once

LIMIT = 1000
HTML = [("accept", "text/html")]


async def tell_length(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


def post(body: list[bytes], *headers: tuple[str, str]) -> dict[str, Any]:
    return {"method": "POST", "body": body, "headers": headers}


# Bodies


@pytest.mark.parametrize("headers", [(), [("content-length", str(LIMIT))]])
@pytest.mark.parametrize("body", [[b"x" * LIMIT], [b"x" * (LIMIT - 1), b"x"], [b"x"] * LIMIT])
async def test_a_body_may_be_as_long_as_the_limit(serve: Serve, body: list[bytes], headers: Any) -> None:
    answer = await ask(serve(tell_length, body_limit=LIMIT), **post(body, *headers))
    assert (answer.status, answer.body) == (200, b"1000")


@pytest.mark.parametrize("body", [[b"x" * (LIMIT + 1)], [b"x" * LIMIT, b"x"], [b"x"] * (LIMIT + 1)])
async def test_a_body_that_is_one_byte_longer_is_refused(serve: Serve, body: list[bytes]) -> None:
    answer = await ask(serve(tell_length, body_limit=LIMIT), **post(body))
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert answer.json() == {"detail": "A body may have 1,000 bytes here, and this one has more."}


async def test_a_body_that_announces_itself_as_too_long_is_refused_before_it_is_read(serve: Serve) -> None:
    exchange = Exchange(serve(tell_length), **post([b"x"] * 9, ("content-length", "1001")))
    unread: list[int] = []
    send = exchange.send

    async def note(message: Any) -> None:
        unread.append(len(exchange.unsent))
        await send(message)

    await exchange.application(exchange.scope, exchange.receive, note)
    assert (exchange.sent[0]["status"], unread[0]) == (413, 9)


async def test_what_is_sent_in_spite_of_a_refusal_is_read_before_the_answer_ends(serve: Serve) -> None:
    exchange = Exchange(serve(tell_length), **post([b"x" * LIMIT] * 50, ("content-length", "50000")))
    await exchange.answer()
    assert (exchange.unsent, exchange.has_ended) == ([], True)


async def test_no_more_of_it_is_read_than_a_bound(serve: Serve, monkeypatch: Any) -> None:
    monkeypatch.setattr(bodies, "DRAIN_BYTES", 10 * LIMIT)
    exchange = Exchange(serve(tell_length), **post([b"x" * LIMIT] * 50, ("content-length", "50000")))
    await exchange.answer()
    assert len(exchange.unsent) == 40


async def test_the_answer_ends_at_once_when_nothing_more_of_it_comes(serve: Serve, monkeypatch: Any) -> None:
    monkeypatch.setattr(bodies, "DRAIN_SECONDS", 3600)
    async with asyncio.timeout(PATIENCE):
        await Exchange(serve(tell_length), **post([b"x" * (LIMIT + 1)])).answer()


async def test_nobody_waits_long_for_the_rest_of_it(serve: Serve, monkeypatch: Any) -> None:
    monkeypatch.setattr(bodies, "DRAIN_SECONDS", 0.01)
    exchange = Exchange(serve(tell_length), **post([], ("content-length", "50000")))
    await exchange.answer()
    assert exchange.has_ended


async def test_a_browser_reads_the_refusal_of_a_body_on_a_page(serve: Serve) -> None:
    answer = await ask(serve(tell_length), **post([b"x" * (LIMIT + 1)], *HTML))
    assert answer.body.startswith(b"<!doctype html>")


async def test_the_refusal_of_a_body_passes_the_middlewares(serve: Serve) -> None:
    answer = await ask(serve(tell_length), **post([b"x" * (LIMIT + 1)]))
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_body_is_kept_in_memory(serve: Serve, monkeypatch: Any) -> None:
    def rollover(file: Any) -> None:
        raise AssertionError("on disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    limit = 1024 * 1024  # as it is on the server
    for size in (limit, limit + 1):
        await ask(serve(tell_length, body_limit=limit), **post([b"x" * size]))


async def test_no_view_is_asked_when_the_client_leaves_before_its_body_is_here(serve: Serve) -> None:
    exchange = Exchange(serve(tell_length), **post([b"x", b"x"]))
    exchange.unsent.pop()
    receive = exchange.receive

    async def receive_half() -> Any:
        return {**await receive(), "more_body": True} if exchange.unsent else {"type": "http.disconnect"}

    await exchange.application(exchange.scope, receive_half, exchange.send)
    assert exchange.sent == []


# Streams


class Events:
    """A view of an event stream that sends what it is told, and whether its generator has ended."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self.closed = False

    async def __call__(self, request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(self.stream(), content_type="text/event-stream")

    async def stream(self) -> Any:
        try:
            yield "data: begun\n\n"
            while event := await self.events.get():
                yield event
        finally:
            self.closed = True


@pytest.fixture
async def events() -> Events:
    return Events()


@pytest.fixture
def handler(serve: Serve, make_pool: MakePool, events: Events) -> Handler:
    async def view(request: HttpRequest) -> StreamingHttpResponse:
        await sync_to_async(int)()
        return await events(request)

    return serve(view, make_pool(2, queue_length=20))


async def test_open_event_streams_hold_no_thread(handler: Handler) -> None:
    streams = [Exchange(handler) for _ in range(20)]
    tasks = [stream.start() for stream in streams]
    for stream in streams:
        await stream.has_sent(b"begun")
    assert (handler.pool.checked_out, len(handler.event_streams.open)) == (0, 20)
    handler.event_streams.end()
    await asyncio.gather(*tasks)


async def test_an_event_arrives_as_it_is_sent(handler: Handler, events: Events) -> None:
    stream = Exchange(handler)
    task = stream.start()
    events.events.put_nowait("data: news\n\n")
    await stream.has_sent(b"data: news\n\n")
    events.events.put_nowait("")
    await task


async def test_an_event_stream_that_ends_by_itself_is_ended_in_order(handler: Handler, events: Events) -> None:
    events.events.put_nowait("")
    stream = Exchange(handler)
    await stream.answer()
    assert (stream.has_ended, events.closed, handler.event_streams.open) == (True, True, set())


async def test_when_the_server_stops_an_event_stream_is_ended_in_order(handler: Handler, events: Events) -> None:
    stream = Exchange(handler)
    task = stream.start()
    await stream.has_sent(b"begun")
    handler.event_streams.end()
    await task
    assert (stream.sent[-1], events.closed) == ({"type": "http.response.body"}, True)
    assert task.cancelling() == 0


async def test_an_event_stream_that_begins_while_the_server_stops_is_ended_at_once(handler: Handler) -> None:
    handler.event_streams.end()
    stream = Exchange(handler)
    assert (await stream.answer()).status == 200
    assert stream.has_ended


async def test_a_stream_of_one_event_that_begins_while_the_server_stops_is_ended_too(serve: Serve) -> None:
    async def one() -> Any:
        yield "data: one\n\n"

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(one(), content_type="text/event-stream")

    handler = serve(view)
    handler.event_streams.end()
    stream = Exchange(handler)
    sent: list[Any] = []

    async def send_at_once(message: Any) -> None:
        sent.append(message)

    await stream.application(stream.scope, stream.receive, send_at_once)
    assert sent[-1] == {"type": "http.response.body"}


async def test_an_event_stream_is_closed_when_its_client_leaves(handler: Handler, events: Events) -> None:
    stream = Exchange(handler)
    task = stream.start()
    await stream.has_sent(b"begun")
    stream.leave()
    await task
    assert (events.closed, handler.event_streams.open) == (True, set())


async def test_an_event_stream_that_fails_is_not_ended_as_if_it_were_whole(serve: Serve) -> None:
    async def broken() -> Any:
        yield "data: begun\n\n"
        raise ValueError

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(broken(), content_type="text/event-stream")

    stream = Exchange(serve(view))
    (failed,) = await asyncio.gather(stream.start(), return_exceptions=True)
    assert isinstance(failed, ExceptionGroup)
    assert not stream.has_ended


@pytest.fixture
def export(serve: Serve) -> Handler:
    """A long answer, each batch of which is made in a thread."""
    batches = itertools.count()

    async def rows() -> Any:
        try:
            while True:
                yield await sync_to_async(lambda: f"batch {next(batches)}\n")()
        finally:
            export.closed = True  # type: ignore[attr-defined]

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(rows(), content_type="text/csv")

    export = serve(view)
    return export


async def test_a_long_answer_holds_no_thread_between_its_batches(export: Handler) -> None:
    stream = Exchange(export)
    task = stream.start()
    await stream.has_sent(b"batch 20")
    assert export.pool.checked_out == 0
    stream.leave()
    await task


@pytest.mark.parametrize("error", [PoolTimeout(), OperationalError()])
async def test_a_long_answer_that_cannot_go_on_is_cut_off(serve: Serve, error: Exception) -> None:
    async def rows() -> Any:
        yield "one row\n"
        raise error

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(rows(), content_type="text/csv")

    stream = Exchange(serve(view))
    await stream.start()
    assert (stream.body, stream.has_ended) == (b"one row\n", False)


async def test_a_long_answer_ends_when_its_client_leaves(export: Handler) -> None:
    stream = Exchange(export)
    task = stream.start()
    await stream.has_sent(b"batch 1")
    stream.leave()
    await task
    assert export.closed  # type: ignore[attr-defined]


async def test_a_stop_of_the_server_does_not_cut_a_download(serve: Serve, gate: Gate) -> None:
    async def rows() -> Any:
        yield "begun"
        await sync_to_async(gate.pass_through)()
        yield "ended"

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(rows(), content_type="text/csv")

    handler = serve(view)
    stream = Exchange(handler)
    task = stream.start()
    await stream.has_sent(b"begun")
    handler.event_streams.end()
    gate.open()
    await task
    assert stream.body == b"begunended"


# Endings


async def test_a_write_whose_client_leaves_is_finished(serve: Serve, gate: Gate) -> None:
    written: list[str] = []

    async def view(request: HttpRequest) -> HttpResponse:
        await sync_to_async(gate.pass_through)()
        await sync_to_async(written.append)("second step")
        return HttpResponse()

    exchange = Exchange(serve(view), method="POST")
    task = exchange.start()
    await until(lambda: gate.waiting)
    exchange.leave()
    gate.open()
    await task
    assert written == ["second step"]


async def test_a_write_that_is_cancelled_ends_in_its_thread(serve: Serve, gate: Gate) -> None:
    written = []

    async def view(request: HttpRequest) -> HttpResponse:
        def write() -> None:
            gate.pass_through()
            written.append(getattr(request, "method", "gone"))

        await sync_to_async(write)()
        return HttpResponse()

    task = Exchange(serve(view), method="POST").start()
    await until(lambda: gate.waiting)
    task.cancel()
    await asyncio.wait([task])
    gate.open()
    await until(lambda: written)
    assert written == ["POST"]


async def test_an_answer_is_closed_after_it_was_sent(serve: Serve) -> None:
    closed: list[bool] = []
    exchange = Exchange(None)

    async def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("whole")
        response._resource_closers.append(lambda: closed.append(exchange.has_ended))  # type: ignore[attr-defined]
        return response

    exchange.application = serve(view)
    await exchange.answer()
    assert closed == [True]


async def test_an_answer_that_could_not_be_sent_is_closed(serve: Serve) -> None:
    closed: list[bool] = []

    async def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("whole")
        response._resource_closers.append(lambda: closed.append(True))  # type: ignore[attr-defined]
        return response

    async def send(message: Any) -> None:
        raise OSError

    exchange = Exchange(serve(view))
    with pytest.raises(OSError):  # noqa: PT011
        await exchange.application(exchange.scope, exchange.receive, send)
    assert closed == [True]


async def test_uploaded_files_are_removed_when_the_request_has_ended(serve: Serve) -> None:
    paths: list[Path] = []

    def view(request: HttpRequest) -> HttpResponse:
        request.upload_handlers = [TemporaryFileUploadHandler(request)]
        paths.append(Path(request.FILES["file"].temporary_file_path()))  # type: ignore[union-attr]
        return HttpResponse(str(paths[0].exists()))

    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nrows\r\n--x--\r\n'
    headers = [("content-type", "multipart/form-data; boundary=x"), ("content-length", str(len(part)))]
    answer = await ask(serve(view), **post([part], *headers))
    assert (answer.body, paths[0].exists()) == (b"True", False)


async def test_an_address_that_is_not_text_is_refused(serve: Serve) -> None:
    exchange = Exchange(serve(tell_length))
    exchange.scope["query_string"] = b"\xff"
    assert (await exchange.answer()).status == 400


@pytest.mark.parametrize("headers", [(), HTML])
async def test_an_address_that_leads_nowhere_is_answered_without_a_wait(make_pool: MakePool, headers: Any) -> None:
    exchange = Exchange(Handler(make_pool(), server_refusal, body_limit=LIMIT), "/nowhere/", headers=headers)
    answering = exchange.application(exchange.scope, exchange.receive, exchange.send)
    task = asyncio.eager_task_factory(asyncio.get_running_loop(), answering)
    assert (task.done(), exchange.sent[0]["status"]) == (True, 404)


async def test_nothing_but_http_is_answered(serve: Serve) -> None:
    with pytest.raises(ValueError, match="websocket"):
        await serve(tell_length)({"type": "websocket"}, asyncio.sleep, asyncio.sleep)  # type: ignore[arg-type]


# The database


class Fails:
    """A view that fails so many times as if the database had gone, and then answers."""

    def __init__(self, times: int) -> None:
        self.times, self.called = times, 0

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        self.called += 1
        if self.called <= self.times:
            raise OperationalError("gone\nfor a while")
        return HttpResponse("here")


async def test_an_error_of_the_database_on_a_good_connection_is_not_tried_again(serve: Serve) -> None:
    view = Fails(1)
    answer = await ask(serve(view.__call__))
    assert (answer.status, answer.headers["retry-after"], view.called) == (503, "2", 1)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_write_that_fails_is_not_tried_again(serve: Serve, method: str) -> None:
    view = Fails(1)
    answer = await ask(serve(view.__call__), method=method)
    assert (answer.status, view.called) == (503, 1)


async def test_the_refusal_says_what_to_do(serve: Serve) -> None:
    answer = await ask(serve(Fails(9).__call__), headers=HTML)
    assert b"The database does not answer. Try again." in answer.body


# Downloads


@pytest.fixture
def endless(serve: Serve) -> Handler:
    async def rows() -> Any:
        yield "begun"
        await asyncio.Event().wait()

    class Endless(View):
        is_download = True

        async def get(self, request: HttpRequest) -> StreamingHttpResponse:
            return StreamingHttpResponse(rows(), content_type="text/csv", headers={"Vary": "Accept-Encoding"})

    return serve(Endless.as_view())


async def test_so_many_downloads_go_on_at_once(endless: Handler, monkeypatch: Any) -> None:
    monkeypatch.setattr(handler_module, "MOST_DOWNLOADS", 3)
    begun = [Exchange(endless, client=f"192.0.2.{n}") for n in range(3)]
    tasks = [exchange.start() for exchange in begun]
    for exchange in begun:
        await exchange.has_sent(b"begun")
    answer = await ask(endless, client="192.0.2.9")
    assert (answer.status, answer.headers["retry-after"], answer.headers["connection"]) == (503, "1", "close")
    assert answer.headers["content-type"] == "application/json"
    begun[0].leave()
    await tasks[0]
    again = Exchange(endless, client="192.0.2.9")
    tasks.append(again.start())
    await again.has_sent(b"begun")
    for exchange in [*begun, again]:
        exchange.leave()
    await asyncio.gather(*tasks)
    assert endless.downloads == {}


@pytest.mark.parametrize("path", ["/books.csv", "/books.xlsx", "/sitemap-books-1.xml", "/jobs/nightly/files/log.csv/"])
async def test_beyond_them_nothing_is_read_for_another(make_pool: MakePool, path: str) -> None:
    handler = Handler(make_pool(), server_refusal, body_limit=LIMIT)
    handler.downloads["192.0.2.1"] = handler_module.MOST_OF_ONE_CLIENT
    answer = await ask(handler, path, client="192.0.2.1")
    assert (answer.status, answer.headers["retry-after"], handler.pool.started) == (503, "1", 0)


async def test_one_client_cannot_have_all_downloads(endless: Handler, monkeypatch: Any) -> None:
    monkeypatch.setattr(handler_module, "MOST_OF_ONE_CLIENT", 1)
    first, other = Exchange(endless), Exchange(endless, client="192.0.2.1")
    tasks = [first.start(), other.start()]
    await first.has_sent(b"begun")
    await other.has_sent(b"begun")
    assert (await ask(endless)).status == 503
    first.leave()
    other.leave()
    await asyncio.gather(*tasks)


async def test_no_view_is_asked_for_a_path_with_a_character_that_postgresql_refuses() -> None:
    routes = Routes()
    assert routes.match("/jobs/a/files/b/") is not None
    assert routes.match("/jobs/a/files/\0/") is None
