"""The log of requests and their responses, and the id of the request in every log line about it."""

import json
import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")  # set by the handler
ANSWERED = ("method", "path", "status", "bytes", "milliseconds", "client")

access = logging.getLogger("access")

# Called after each response: method, route, status, seconds.
Observe = Callable[[str, str, int, float], None]


class RequestLog:
    """Reports each response to the log `access` and to `observe`."""

    def __init__(self, application: Any, *, observe: Observe | None = None) -> None:
        self.application, self.observe = application, observe

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        began, status, size = time.perf_counter(), 0, 0

        async def send_and_note(message: Any) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self.application(scope, receive, send_and_note)
        finally:
            seconds = time.perf_counter() - began
            if self.observe:
                self.observe(scope["method"], scope.get("route", ""), status, seconds)
            if access.isEnabledFor(logging.INFO):
                client = (scope.get("client") or ("-",))[0]
                facts = (scope["method"], scope["path"], status, size, round(seconds * 1000, 1), client)
                access.info("%s %r %s %s B %s ms %s", *facts, extra=dict(zip(ANSWERED, facts, strict=True)))


class WithRequestId(logging.Filter):
    """Provides %(request_id)s for formats, and logs errors of clients, such as a wrong Host, in one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = REQUEST_ID.get()
        if record.name.startswith("django.security."):
            record.exc_info = None  # the traceback is of no interest
        return True


class JsonFormatter(logging.Formatter):
    """A JSON object per line, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": REQUEST_ID.get(),
            **{name: getattr(record, name) for name in ANSWERED if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
