"""Which browsers somebody has signed in from before.

LoginAttempts at an account are limited; if they were counted for the account alone, anybody could lock its owner out by
trying. So a browser that the owner has used carries a signed cookie, and its tries are counted by themselves.
"""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "known_device"
KEPT_FOR = 365 * 24 * 3600  # seconds
SALT = "books.accounts.devices"


def is_known(request: HttpRequest, username: str) -> bool:
    value = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=KEPT_FOR)
    return bool(username) and value == quote(username)


def remember(response: HttpResponse, user: Any) -> None:
    response.set_signed_cookie(
        COOKIE,
        quote(user.get_username()),  # a cookie is ASCII, names are in every script
        salt=SALT,
        max_age=KEPT_FOR,
        path="/accounts/",
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )
