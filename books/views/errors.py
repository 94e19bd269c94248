"""Django's handlers of errors, in the client's format. Django calls them from sync code, and wants them sync."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from books.web.negotiation import HTTPError, error_response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(
        request, HTTPError(400, "This request cannot be read: check its address, its headers and its form.")
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, HTTPError(403, "You may not do this."))


def foreign_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    return error_response(request, HTTPError(403, "This form was sent by another site's page. Send it from our own."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, HTTPError(404, "There is nothing at this address. All books are at /books/."))


def server_error(request: HttpRequest) -> HttpResponse:
    return error_response(
        request, HTTPError(500, "That was our fault, and it is logged. Try again, or go on from /books/.")
    )


def refused(request: HttpRequest, status: int, detail: str, headers: Mapping[str, str]) -> HttpResponse:
    """What the edge refuses before a view is asked: the setting REFUSAL_VIEW."""
    return error_response(request, HTTPError(status, detail, headers=headers))
