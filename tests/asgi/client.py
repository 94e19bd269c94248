"""A client of an ASGI application, without a server between the two: what it sends, and what it is sent."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
PATIENCE = 60  # seconds; nothing is measured by it, what hangs is found out


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Exchange:
    """One request to the application, and the messages of its answer. Its client stays until it `leaves`."""

    def __init__(
        self,
        application: Any,
        path: str = "/",
        *,
        method: str = "GET",
        headers: Iterable[tuple[str, str]] = (),
        body: Iterable[bytes] = (b"",),
        client: str = "127.0.0.1",
        scheme: str = "http",
    ) -> None:
        path, _, query = path.partition("?")
        self.application = application
        self.scope: Message = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in with_host(headers)],
            "client": (client, 50000),
            "server": ("testserver", 80),
            "scheme": scheme,
        }
        self.unsent = list(body)
        self.sent: list[Message] = []
        self.changed, self.gone = asyncio.Condition(), asyncio.Event()

    async def receive(self) -> Message:
        if self.unsent:
            body = self.unsent.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(self.unsent)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        async with self.changed:
            self.changed.notify_all()

    def start(self) -> asyncio.Task[None]:
        return asyncio.ensure_future(self.application(self.scope, self.receive, self.send))

    def leave(self) -> None:
        self.gone.set()

    async def has_sent(self, text: bytes) -> None:
        """Wait for some text of the answer's body."""
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: text in self.body)

    async def answer(self) -> Answer:
        task = self.start()
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        assert done, "This takes too long."  # a cancelled stream may end as if it had ended by itself
        await task
        start = self.sent[0]
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]]
        cookies = [value for name, value in headers if name == "set-cookie"]
        return Answer(start["status"], dict(headers), cookies, self.body)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def has_ended(self) -> bool:
        return bool(self.sent) and not self.sent[-1].get("more_body", self.sent[-1]["type"] == "http.response.start")


def with_host(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    given = list(headers)
    return given if "host" in dict(given) else [("host", "testserver"), *given]


async def ask(application: Any, path: str = "/", **options: Any) -> Answer:
    return await Exchange(application, path, **options).answer()


async def until(true: Callable[[], object]) -> None:
    """Wait for what another thread or task brings about."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - it happens outside the event loop
            await asyncio.sleep(0.001)
