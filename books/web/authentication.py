"""Who sends a request: a person with a session, a program with a token, or somebody without an account."""

from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from books.models import Actor, Channel, Token
from books.web.negotiation import HTTPError

CHALLENGE = 'Bearer realm="books"'
BASIC_CHALLENGE = 'Basic realm="books: a password or a token", charset="UTF-8"'
# What pages ask before they show a link or a button, and the permission that each takes.
RIGHTS = {
    "can_add_books": "books.add_book",
    "can_change_books": "books.change_book",
    "can_delete_books": "books.delete_book",
    "can_view_jobs": "books.view_job",
    "can_start_jobs": "books.add_job",
    "can_manage_people": "auth.change_user",
    "can_change_settings": "books.change_catalogue",
}
INVALID_TOKEN = "This token is wrong, expired or revoked. Create a new one at /accounts/tokens/."  # noqa: S105


@dataclass(frozen=True)
class RequestUser:
    account: Any = None  # None: anonymous
    token: Token | None = None  # the token in the request, if there is one
    rights: frozenset[str] = frozenset()  # names of RIGHTS; only for pages, which tokens do not read

    def actor(self, channel: Channel) -> Actor:
        return Actor(channel, self.account.pk if self.account else None)

    async def ahas_perm(self, permission: str) -> bool:
        return self.account is not None and await self.account.ahas_perm(permission)

    def serialized(self) -> dict[str, str | bool]:
        """What every page shows about the user."""
        if self.account is None:
            return {}
        rights = {name: name in self.rights for name in RIGHTS}
        return {"name": self.account.get_username(), "is_staff": self.account.is_staff, **rights}


ANONYMOUS = RequestUser()


async def aauthenticate(request: HttpRequest) -> RequestUser:
    """The user of the request. Without a token and a session this queries nothing.

    A token decides alone, whatever cookie comes with it; an invalid one is a 401, never treated as anonymous.
    """
    if (credentials := request.META.get("HTTP_AUTHORIZATION")) is not None:
        secret = _secret(credentials)
        token = await Token.objects.afind(secret) if secret else None
        if token is None:
            raise HTTPError(401, INVALID_TOKEN, headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'})
        return RequestUser(token.user, token)
    if settings.SESSION_COOKIE_NAME in request.COOKIES and (user := await request.auser()).is_authenticated:
        rights = [name for name, permission in RIGHTS.items() if await user.ahas_perm(permission)]
        return RequestUser(user, rights=frozenset(rights))
    return ANONYMOUS


def _secret(header: str) -> str:
    """The token in an Authorization header: as Bearer, or as the password of HTTP Basic, which reading apps know."""
    scheme, _, credentials = header.partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else basic_credentials(header)[1]


def basic_credentials(header: str) -> tuple[str, str]:
    """The user name and the password of HTTP Basic; empty if there are none."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, _, password = b64decode(credentials.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return username, password
