"""Django's error handlers, in the client's format. Django calls them from sync code."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.web.negotiation import HTTPError, error_response

ANOTHER_SITE = "This form was sent from another site. Send it from this one."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, HTTPError(400, "This request is malformed. Check its URL, headers and form."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, HTTPError(403, "Not allowed."))


def foreign_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    return error_response(request, HTTPError(403, ANOTHER_SITE))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, HTTPError(404, f"There is no such page. All books are at {reverse('book_list')}."))


def server_error(request: HttpRequest) -> HttpResponse:
    detail = f"Something went wrong on our side; it has been logged. Try again, or go to {reverse('book_list')}."
    return error_response(request, HTTPError(500, detail))


def server_refusal(request: HttpRequest, status: int, detail: str, headers: Mapping[str, str]) -> HttpResponse:
    """What the server refuses before a view is called: see django41_example.asgi."""
    return error_response(request, HTTPError(status, detail, headers=headers))
