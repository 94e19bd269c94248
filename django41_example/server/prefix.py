"""The catalogue under its own path beside other applications: SCRIPT_NAME=/books-app."""

from collections.abc import Awaitable
from inspect import markcoroutinefunction
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest


class Prefix:
    """Removes the prefix from `scope["path"]`, so that the path means the same everywhere in the server.

    A proxy should pass the path on unchanged, but may also remove the prefix itself.
    """

    def __init__(self, application: Any, prefix: str) -> None:
        self.application, self.prefix = application, prefix

    @markcoroutinefunction  # uvicorn checks this; an `async def` would add a coroutine that only passes the request on
    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        if scope["type"] == "http":
            if scope["path"] == self.prefix:
                return self._add_slash(send)
            if scope["path"].startswith(f"{self.prefix}/"):
                scope["path"] = scope["path"].removeprefix(self.prefix)
        answered: Awaitable[None] = self.application(scope, receive, send)
        return answered

    async def _add_slash(self, send: Any) -> None:
        headers = [(b"location", f"{self.prefix}/".encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 301, "headers": headers})
        await send({"type": "http.response.body"})


class PrefixedRequest(ASGIRequest):
    """Django's request, which would look for the prefix in `scope["path"]`."""

    def __init__(self, scope: Any, body_file: Any) -> None:
        super().__init__(scope, body_file)
        self.path_info = self.META["PATH_INFO"] = scope["path"]
        self.path = settings.SCRIPT_NAME + scope["path"]
