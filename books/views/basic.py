"""HTTP Basic with a password, for reading apps: they have no sessions, and send it with every request."""

import secrets
from hashlib import blake2b
from typing import Any

from cachetools import TTLCache
from django.conf import settings
from django.contrib.auth import aauthenticate, get_user_model
from django.http import HttpRequest, HttpResponse

from books.views.base import CatalogueView
from books.views.login import aattempt
from books.web.authentication import BASIC_CHALLENGE, RequestUser, basic_credentials
from books.web.negotiation import HTTPError, error_response

WRONG = "Wrong user name or password. A token with the scope read works as the password too."
# Checking a password takes a tenth of a second on purpose, so a right one is remembered for ten minutes: as a digest
# keyed by this process, with the hash that it matched. A new password or a closed account ends that at once.
_KEY = secrets.token_bytes(32)
VERIFIED: TTLCache[bytes, tuple[int, str]] = TTLCache(maxsize=1000, ttl=600)


class BasicAuthView(CatalogueView):
    """Accepts a password by HTTP Basic too, and asks for one."""

    async def aauthenticate(self, request: HttpRequest) -> RequestUser:
        try:
            return await super().aauthenticate(request)
        except HTTPError as error:
            username, password = basic_credentials(request.META["HTTP_AUTHORIZATION"])
            if not (username and password and settings.PASSWORD_SIGN_IN):
                raise
            if user := await averify_password(request, username, password):
                return RequestUser(user)
            raise HTTPError(401, WRONG, headers=error.headers) from None

    def _error(self, request: HttpRequest, error: HTTPError) -> HttpResponse:
        """Reading apps show no sign-in page: they ask for name and password when the challenge offers HTTP Basic."""
        if error.status == 401:
            error.headers = {"WWW-Authenticate": f"{BASIC_CHALLENGE}, {error.headers['WWW-Authenticate']}"}
        return error_response(request, error)


async def averify_password(request: HttpRequest, username: str, password: str) -> Any:
    """The account if this is its password, else None. Raises TooManyAttempts."""
    digest = blake2b(f"{username}\0{password}".encode(), key=_KEY).digest()
    if found := VERIFIED.get(digest):
        accounts = get_user_model().objects.filter(pk=found[0], password=found[1], is_active=True)
        if user := await accounts.afirst():
            return user
    user = await aattempt(request, username, aauthenticate(request, username=username, password=password))
    if user:
        VERIFIED[digest] = user.pk, user.password
    return user
