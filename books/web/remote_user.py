"""Sign-in by a proxy, which says with each request who has signed in to it: PROXY_USER_HEADER.

Django's RemoteUserMiddleware begins a session at the first of these requests, a GET that writes, and asks for the
account before any view is there to answer for a database that is away. Here nothing is begun and so nothing is to be
ended: each request is of the account that the proxy names, and a session beside it does not count.
"""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import auth
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from books.models.account import vouched_for


def remote_user(request: HttpRequest) -> str:
    """Whom a trusted proxy names, as server/forwarded.py has found it; empty for nobody."""
    name: str = getattr(request, "scope", {}).get("remote_user", "")
    return name


def get_user(request: HttpRequest) -> Any:
    """Django's, for requests that a proxy vouches for too."""
    name = remote_user(request)
    return (vouched_for(name) or AnonymousUser()) if name else auth.get_user(request)


async def aget_user(request: HttpRequest) -> Any:
    """See get_user()."""
    return await (sync_to_async(get_user)(request) if remote_user(request) else auth.aget_user(request))
