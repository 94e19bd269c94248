import asyncio
from collections.abc import Awaitable
from inspect import markcoroutinefunction
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from servestatic import ServeStaticASGI

RARE = "admin/"  # Django's own files, with the sources of their libraries: 1.9 MB


class StaticFiles:
    """Serves the collected static files with ServeStatic, from memory.

    ServeStatic would start a thread for each file that it sends, which takes 1.3 to 2.2 ms. It does not if the server
    supports ASGI's `pathsend` ("send the file at this path"), so we support that: our files are few and small. Those of
    the admin are read when they are requested.
    """

    def __init__(self, application: Any) -> None:
        root = settings.STATIC_ROOT if settings.STATIC_ROOT.is_dir() else None
        url = settings.STATIC_URL.removeprefix(settings.SCRIPT_NAME)
        self.files = ServeStaticASGI(application, root, url, allow_all_origins=False, add_headers_function=add_headers)
        kept = [file for at, file in self.files.files.items() if not at.startswith(f"{url}{RARE}")]
        paths = [path for file in kept for _encoding, path, _headers in file.alternatives]
        self.bodies = {path: Path(path).read_bytes() for path in paths}

    @markcoroutinefunction  # uvicorn checks this; an `async def` would add a coroutine that only passes the request on
    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        if scope["type"] != "http" or scope["path"] not in self.files.files:
            return self.files.application(scope, receive, send)  # type: ignore[no-any-return]

        async def send_from_memory(message: Any) -> None:
            if message["type"] == "http.response.pathsend":
                path = message["path"]
                body = self.bodies.get(path) or await asyncio.to_thread(Path(path).read_bytes)
                message = {"type": "http.response.body", "body": body}
            await send(message)

        extensions = {**scope.get("extensions", {}), "http.response.pathsend": {}}
        answered: Awaitable[None] = self.files({**scope, "extensions": extensions}, receive, send_from_memory)
        return answered


def add_headers(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
