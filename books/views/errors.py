"""Django's error handlers, which respond in the client's format. Django calls them from sync code."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.web.negotiation import HTTPError, error_response


def handler(status: int, detail: str) -> Callable[..., HttpResponse]:
    """A view for an error. `{}` in its text stands for the URL of the list of books."""

    def handle(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return error_response(request, HTTPError(status, detail.format(reverse("book_list"))))

    return handle


bad_request = handler(400, "This request is malformed. Check its URL, headers and form.")
permission_denied = handler(403, "Not allowed.")
foreign_form = handler(403, "This form was sent from another site. Send it from this one.")  # CSRF_FAILURE_VIEW
not_found = handler(404, "There is no such page. All books are at {}.")
server_error = handler(500, "Something went wrong on our side; it has been logged. Try again, or go to {}.")


def server_refusal(request: HttpRequest, status: int, detail: str, headers: Mapping[str, str]) -> HttpResponse:
    """The response to a request that the server rejects before calling a view: see django41_example.asgi."""
    return error_response(request, HTTPError(status, detail, headers=headers))
