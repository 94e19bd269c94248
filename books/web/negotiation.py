"""Content negotiation: JSON for programs, pages for browsers. Only this module decides which.

JSON is for `Accept: application/json`, `*/*` or none (curl); HTML for browsers; a view may offer more. A page renders
the same plain data as the JSON, so no template can reach the database.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import orjson
from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from books.cache.catalogue import Known
from books.metadata.record import Errors

LONGEST_ACCEPT = 2000  # characters
Headers = Mapping[str, str] | None

JSON, HTML, TEXT = "application/json", "text/html", "text/plain"


class HTTPError(Exception):
    """An error response in the client's format: what is wrong, and what to do next.

    `detail` is a sentence; `errors` are sentences by field. Either becomes the body, with `more` for programs.
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        errors: Errors | None = None,
        headers: Headers = None,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        super().__init__(status, detail or errors)
        self.status = HTTPStatus(status)
        self.detail = detail
        self.errors = errors or {}
        self.headers = headers or {}
        self.more = more


class Page(HttpResponse):
    """A page that CatalogueView renders in the request's thread, since it may take long.

    Django's TemplateResponse would cost another hop, since Django's handler renders every response with a `render`.
    """

    def __init__(self, template: str, context: Mapping[str, Any], **how: Any) -> None:
        super().__init__(**how)
        self.template, self.context_data = template, context

    def rendered(self) -> "Page":
        self.content = render_to_string(self.template, self.context_data)
        return self


def preferred_type(request: HttpRequest, *offered: str) -> str:
    """The offered media type that the client prefers. Raises 406 if it accepts none of them."""
    accept = request.META.get("HTTP_ACCEPT", "*/*")
    media_type = best_type(accept if len(accept) <= LONGEST_ACCEPT else "*/*", offered)
    if media_type is None:
        raise HTTPError(406, f"This URL offers {' or '.join(offered)}: send an Accept header that allows it.")
    return media_type


@lru_cache(256)
def best_type(accept: str, offered: tuple[str, ...]) -> str | None:
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    return request.get_preferred_type(list(offered))


def as_json(data: Mapping[str, Any]) -> bytes:
    """The data as one line of JSON, with times in UTC."""
    return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def json_response(data: Mapping[str, Any], *, status: int = 200, headers: Headers = None) -> HttpResponse:
    return HttpResponse(as_json(data), content_type=JSON, status=status, headers=headers)


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200, headers: Headers = None
) -> Page:
    """A page for browsers only, such as a form."""
    user = request.request_user.serialized() if hasattr(request, "request_user") else None
    # Anonymous visitors share pages, so these have no messages.
    said = [message(each) for each in get_messages(request)] if user else []
    frame = {
        "address": request.get_full_path(),
        "path": request.path,
        "path_info": request.path_info,  # without SCRIPT_NAME
        "user": user,
        "messages": said,
        "catalogue": Known.name,
    }
    return Page(template, {**frame, **context}, status=status, headers=headers)


def message(said: Message) -> dict[str, str]:
    """A message. `about` is its offer: to `add` another book, or to `undo` at a URL."""
    about, _, url = (said.extra_tags or "").partition(" ")
    return {"text": str(said), "about": about, "url": url}


def errors_of(form: BaseForm) -> Errors:
    """The errors of a form, by field."""
    return {name: [str(reason) for reason in reasons] for name, reasons in form.errors.items()}


def valid[Form: BaseForm](form: Form, status: int = 400) -> Form:
    """The form or query if it is valid. Otherwise raises HTTPError with the reason for each field."""
    if not form.is_valid():
        raise HTTPError(status, errors=errors_of(form))
    return form


class SeeOther(HttpResponseRedirect):
    """303: the write is done, and its result is at another URL."""

    status_code = 303


def error_type(request: HttpRequest) -> str:
    """The media type of an error: JSON for clients that accept neither JSON nor HTML."""
    try:
        return preferred_type(request, JSON, HTML)
    except HTTPError:
        return JSON


def error_response(request: HttpRequest, error: HTTPError) -> HttpResponse:
    """The error in the client's format. It needs neither the database nor a thread, as there may be none."""
    said = {"errors": error.errors} if error.errors else {"detail": error.detail or error.status.phrase}
    data = {**said, **error.more}
    how: Any = {"status": error.status, "headers": error.headers}
    context = {"status": error.status.value, "phrase": error.status.phrase}
    is_page = error_type(request) == HTML
    response = page(request, "error.html", data | context, **how).rendered() if is_page else json_response(data, **how)
    patch_vary_headers(response, ["Accept"])
    return response
