"""Authenticates requests: a person with a session or named by a proxy, a program with a token, or nobody.

With PROXY_USER_HEADER, a proxy names the user who has signed in to it in each request. Django's RemoteUserMiddleware
would start a session at the first request, which may be a GET, and read the account before any view can respond if the
database is away. Here no session starts, so none has to end: each request belongs to the account that the proxy names,
whatever session cookie it has.
"""

from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse

from books.models import Actor, Channel, Token
from books.models.account import remote_account
from books.models.token import PREFIX
from books.web.negotiation import HTTPError

CHALLENGE = 'Bearer realm="books"'
BASIC_CHALLENGE = 'Basic realm="books: a password or a token", charset="UTF-8"'
# The permissions that pages check before they show a link or a button.
RIGHTS = {
    "can_add_books": "books.add_book",
    "can_change_books": "books.change_book",
    "can_delete_books": "books.delete_book",
    "can_view_jobs": "books.view_job",
    "can_start_jobs": "books.add_job",
    "can_change_jobs": "books.change_job",
    "can_manage_people": "auth.change_user",
    "can_change_settings": "books.change_catalogue",
}
INVALID_TOKEN = "This token is wrong, expired or revoked. Create a new one at {}."  # noqa: S105


@dataclass(frozen=True)
class RequestUser:
    account: Any = None  # None: anonymous
    token: Token | None = None  # the token in the request, if there is one
    rights: frozenset[str] = frozenset()  # names of RIGHTS, only for pages, which need no token
    is_remote: bool = False  # whether a proxy names the account; then only the proxy can sign its user out

    def actor(self, channel: Channel) -> Actor:
        return Actor(channel, self.account.pk if self.account else None)

    async def ahas_perm(self, permission: str) -> bool:
        return self.account is not None and await self.account.ahas_perm(permission)

    def serialized(self) -> dict[str, str | bool]:
        """The user's data on every page."""
        if self.account is None:
            return {}
        rights = {name: name in self.rights for name in RIGHTS}
        remote = {"is_remote": self.is_remote, "proxy_logout_url": settings.PROXY_LOGOUT_URL}
        return {"name": self.account.get_username(), "is_staff": self.account.is_staff, **remote, **rights}


ANONYMOUS = RequestUser()


def remote_user(request: HttpRequest) -> str:
    """The user whom a trusted proxy names (see server/forwarded.py); empty if it names none."""
    return str(getattr(request, "scope", {}).get("remote_user", ""))


def get_user(request: HttpRequest) -> Any:
    """Django's get_user, also for users whom a proxy names."""
    name = remote_user(request)
    return (remote_account(name) or AnonymousUser()) if name else auth.get_user(request)


async def aget_user(request: HttpRequest) -> Any:
    """See get_user()."""
    return await (sync_to_async(get_user)(request) if remote_user(request) else auth.aget_user(request))


async def aauthenticate(request: HttpRequest) -> RequestUser:
    """The user of a request that has a token or a session, or for whom a proxy vouches.

    A token decides alone, whatever cookie comes with it; an invalid one is a 401, never treated as anonymous. A proxy
    that names somebody may send on credentials of its own, which are no token of ours.
    """
    credentials = request.META.get("HTTP_AUTHORIZATION")
    if credentials is not None and not (remote_user(request) and not _secret(credentials).startswith(PREFIX)):
        secret = _secret(credentials)
        token = await Token.objects.afind(secret) if secret else None
        if token is None:
            detail = INVALID_TOKEN.format(reverse("token_list"))
            raise HTTPError(401, detail, headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'})
        return RequestUser(token.user, token)
    return await sync_to_async(signed_in)(request)


def signed_in(request: HttpRequest) -> RequestUser:
    """The user whom the session or the proxy names. Session, account and permissions are read in one hop."""
    user = get_user(request)
    if not user.is_authenticated:
        return ANONYMOUS
    rights = [name for name, permission in RIGHTS.items() if user.has_perm(permission)]
    return RequestUser(user, rights=frozenset(rights), is_remote=bool(remote_user(request)))


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
