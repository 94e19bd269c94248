"""A sign-in that has started, kept in a signed cookie of the browser that started it."""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from books.models import Refused

# In production, the prefix rejects cookies set by a sibling domain.
COOKIE = settings.SESSION_COOKIE_NAME.replace("sessionid", "openid")
PLACE: Any = {"path": settings.SESSION_COOKIE_PATH, "samesite": "Lax"}
SALT = "books.openid"
SECONDS = 600  # to sign in at the provider


class BeginAgain(Refused):
    status, detail = 400, "This sign-in took too long, or was begun in another window. Begin again."


def new(**facts: str | int | None) -> dict[str, Any]:
    return {**facts, **{name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}}


def keep(attempt: dict[str, Any], response: HttpResponse) -> None:
    value, is_secure = signing.dumps(attempt, salt=SALT), settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, value, SECONDS, secure=is_secure, httponly=True, **PLACE)


def find(request: HttpRequest) -> dict[str, Any]:
    """The sign-in from which this browser comes back. Raises BeginAgain."""
    try:
        attempt: dict[str, Any] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        raise BeginAgain from None
    is_ours = request.GET.get("iss", "").rstrip("/") in {"", settings.OIDC_ISSUER}  # providers may add their identifier
    if not (is_ours and constant_time_compare(attempt["state"], request.GET.get("state", ""))):
        raise BeginAgain
    return attempt


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, **PLACE)
