"""Each trap of async Django that docs/async.md explains, and its cure, as Django behaves today."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import SynchronousOnlyOperation
from django.core.handlers.asgi import ASGIHandler
from django.core.servers.basehttp import WSGIServer
from django.core.signals import request_finished
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import Context, Template
from django.test import (
    AsyncRequestFactory,
    LiveServerTestCase,
    RequestFactory,
    TestCase,
    TransactionTestCase,
    override_settings,
)
from django.urls import path
from django.utils.deprecation import MiddlewareMixin
from django.views import View

from books.models import Book

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent


class ReadingRows(TestCase):
    book: Book

    @classmethod
    def setUpTestData(cls) -> None:
        cls.book = Book.objects.add({"title": "Kokoro", "authors": ["夏目漱石"]})

    async def test_rows_iterated_the_sync_way_in_async_code_raise(self) -> None:
        with pytest.raises(SynchronousOnlyOperation):
            list(Book.objects.all())

    async def test_a_row_read_the_sync_way_in_async_code_raises(self) -> None:
        with pytest.raises(SynchronousOnlyOperation):
            Book.objects.first()

    async def test_async_for_reads_the_same_rows(self) -> None:
        assert [book.title async for book in Book.objects.all()] == ["Kokoro"]

    async def test_a_relation_followed_in_async_code_raises(self) -> None:
        book = await Book.objects.aget()
        with pytest.raises(SynchronousOnlyOperation):
            list(book.authors.all())

    async def test_a_relation_fetched_with_its_rows_can_be_followed(self) -> None:
        book = await Book.objects.prefetch_related("authors").aget()
        assert [author.name for author in book.authors.all()] == ["夏目漱石"]

    async def test_a_deferred_field_raises_in_async_code(self) -> None:
        book = await Book.objects.only("id").aget()
        with pytest.raises(SynchronousOnlyOperation):
            _ = book.title

    async def test_tuples_cannot_be_streamed_but_dicts_can(self) -> None:
        with pytest.raises(SynchronousOnlyOperation):
            [row async for row in Book.objects.values_list("title").aiterator()]
        assert [row async for row in Book.objects.values("title").aiterator()] == [{"title": "Kokoro"}]

    async def test_a_template_that_runs_a_query_raises_in_async_code(self) -> None:
        template = Template("{% for book in books %}{{ book.title }}{% endfor %}")
        with pytest.raises(SynchronousOnlyOperation):
            template.render(Context({"books": Book.objects.all()}))
        books = [row async for row in Book.objects.values("title")]
        assert template.render(Context({"books": books})) == "Kokoro"

    async def test_the_user_of_a_request_is_read_with_auser(self) -> None:
        request: Any = RequestFactory().get("/")
        request.session = SessionStore("k" * 32)
        AuthenticationMiddleware(lambda request: HttpResponse()).process_request(request)
        with pytest.raises(SynchronousOnlyOperation):
            bool(request.user.is_authenticated)
        assert await request.auser() == AnonymousUser()


class OneThreadARequest(TestCase):
    async def test_two_queries_gathered_run_one_after_the_other_in_one_thread(self) -> None:
        events: list[str] = []
        threads = set()

        def query(name: str) -> None:
            threads.add(threading.current_thread())
            events.append(f"{name} begins")
            Book.objects.count()
            events.append(f"{name} ends")

        await asyncio.gather(sync_to_async(query)("first"), sync_to_async(query)("second"))
        assert events == ["first begins", "first ends", "second begins", "second ends"]
        assert len(threads) == 1

    async def test_to_thread_leaves_the_thread_and_the_connection_of_the_request(self) -> None:
        def where() -> tuple[threading.Thread, Any]:
            return threading.current_thread(), connections["default"]

        ours, theirs = await sync_to_async(where)(), await asyncio.to_thread(where)
        assert ours[0] is not theirs[0]
        assert ours[1] is not theirs[1]

    async def test_a_middleware_of_djangos_kind_leaves_the_event_loop_twice(self) -> None:
        steps = []

        class Middleware(MiddlewareMixin):
            def process_request(self, request: HttpRequest) -> None:
                steps.append(threading.current_thread() is loop_thread)

            def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
                steps.append(threading.current_thread() is loop_thread)
                return response

        async def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        loop_thread = threading.current_thread()
        await Middleware(view)(RequestFactory().get("/"))  # type: ignore[misc]
        assert steps == [False, False]


async def test_stock_django_gives_each_request_a_new_thread() -> None:
    """So a connection that stays open (CONN_MAX_AGE) stays with a thread that never serves another request."""
    threads = set()
    for _ in range(2):
        async with ThreadSensitiveContext():  # as Django's handler does for each request
            threads.add(await sync_to_async(threading.current_thread)())
    assert len(threads) == 2


class Writing(TransactionTestCase):
    async def test_a_transaction_cannot_be_opened_in_async_code(self) -> None:
        with pytest.raises(SynchronousOnlyOperation), transaction.atomic():
            pass
        with pytest.raises(TypeError, match="asynchronous context manager"):
            async with transaction.atomic():  # type: ignore[attr-defined]
                pass

    async def test_a_sync_function_is_one_transaction(self) -> None:
        @transaction.atomic
        def add_two() -> None:
            Book.objects.create(title="Kokoro")
            Book.objects.create(title="")  # which the database refuses

        with pytest.raises(Exception, match="title_not_empty"):
            await sync_to_async(add_two)()
        assert await Book.objects.acount() == 0

    async def test_a_client_that_leaves_does_not_undo_the_write(self) -> None:
        has_begun, may_go_on = threading.Event(), threading.Event()

        def write() -> None:
            has_begun.set()
            assert may_go_on.wait(10)
            Book.objects.create(title="Kokoro")

        request = asyncio.create_task(sync_to_async(write)())
        assert await asyncio.to_thread(has_begun.wait, 10)
        request.cancel()  # as a server does when the client disconnects
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert await Book.objects.acount() == 1


class HasherThatTellsItsThread(MD5PasswordHasher):
    threads: list[threading.Thread] = []

    def encode(self, password: str, salt: str) -> str:
        self.threads.append(threading.current_thread())
        return super().encode(password, salt)


async def broken_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def rows() -> Any:
        yield b"row"
        raise RuntimeError("The stream broke.")

    return StreamingHttpResponse(rows())


async def not_found() -> HttpResponse:
    return HttpResponse(status=404)


def handler404(request: HttpRequest, exception: Exception) -> Any:
    """What a call of an async handler returns."""
    coroutines.append(not_found())
    return coroutines[-1]


coroutines: list[Any] = []
urlpatterns = [path("broken/", broken_stream)]


@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[], LOGIN_URL="/login/")
class HelpersThatDoNotHelp(TestCase):
    async def test_a_handler_of_errors_must_be_sync(self) -> None:
        with pytest.raises(AttributeError, match="'coroutine' object"):
            await self.async_client.get("/nothing/")
        coroutines.pop().close()

    @override_settings(PASSWORD_HASHERS=[f"{__name__}.HasherThatTellsItsThread"])
    async def test_acreate_user_hashes_the_password_on_the_event_loop(self) -> None:
        HasherThatTellsItsThread.threads.clear()
        await User.objects.acreate_user("mina", password="a long enough password")  # noqa: S106
        assert HasherThatTellsItsThread.threads == [threading.current_thread()]

    async def test_login_required_breaks_an_async_view(self) -> None:
        class Private(LoginRequiredMixin, View):
            async def get(self, request: HttpRequest) -> HttpResponse:
                return HttpResponse()

        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        with pytest.raises(TypeError, match="can't be used in 'await' expression"):
            await Private.as_view()(request)  # type: ignore[misc]

    async def test_a_sync_iterator_is_read_whole_before_it_is_streamed(self) -> None:
        read = []

        def rows() -> Any:
            for number in range(3):
                read.append(number)
                yield b"row"

        response: Any = StreamingHttpResponse(rows())
        with pytest.warns(Warning, match="must consume synchronous iterators"):
            await anext(aiter(response))
        assert read == [0, 1, 2]

    def test_djangos_live_server_is_wsgi(self) -> None:
        assert issubclass(LiveServerTestCase.server_thread_class.server_class, WSGIServer)


@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[])
async def test_a_stream_that_breaks_does_not_send_request_finished() -> None:
    finished, sent = [], []

    async def send(message: Any) -> None:
        sent.append(message.get("body"))

    async def receive() -> Any:
        if not sent:
            return {"type": "http.request"}
        return await asyncio.Event().wait()  # the client stays

    def note(**_: Any) -> None:
        finished.append(True)

    scope: Any = AsyncRequestFactory()._base_scope(path="/broken/") | {"type": "http"}  # type: ignore[attr-defined]
    request_finished.connect(note)
    try:
        with pytest.raises(RuntimeError, match="The stream broke"):
            await ASGIHandler()(scope, receive, send)
    finally:
        request_finished.disconnect(note)
    assert (sent, finished) == ([None, b"row"], [])


def test_no_file_of_ours_takes_the_guard_down() -> None:
    sources = [path for folder in ("books", "django41_example") for path in (ROOT / folder).rglob("*.py")]
    assert sources
    assert not [path for path in sources if "DJANGO_ALLOW_ASYNC_UNSAFE" in path.read_text()]
