"""Who asks: a person with a session, a program with a token, or nobody in particular."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from books.models import Actor, Channel, Token
from books.web.negotiation import HTTPError

CHALLENGE = 'Bearer realm="books"'


@dataclass(frozen=True)
class Visitor:
    user: Any = None  # None: anonymous
    token: Token | None = None  # the token that the request carries, if it carries one
    sees_jobs: bool = False  # whether pages lead there
    may_change: bool = False  # books

    def editor(self, via: Channel) -> Actor:
        return Actor(via, self.user.pk if self.user else None)

    async def amay(self, permission: str) -> bool:
        return self.user is not None and await self.user.ahas_perm(permission)

    def as_dict(self) -> dict[str, str | bool]:
        """What a page says of the visitor."""
        if self.user is None:
            return {}
        told = {"sees_jobs": self.sees_jobs, "may_change": self.may_change}
        return {"name": self.user.get_username(), "is_staff": self.user.is_staff, **told}


async def aauthenticate_request(request: HttpRequest) -> Visitor:
    """The one who sends the request. Costs nothing for those who carry neither a token nor a session.

    A token decides alone, whatever cookie comes with it. One that is wrong, expired or revoked is refused with 401:
    who shows a token does not mean to be anonymous.
    """
    if "Authorization" in request.headers:
        scheme, _, secret = request.headers["Authorization"].partition(" ")
        token = await Token.objects.afind(secret.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            headers = {"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'}
            raise HTTPError(
                401, "This token is wrong, expired or revoked: make a new one at /accounts/tokens/.", headers=headers
            )
        return Visitor(token.user, token)
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        user = await request.auser()
        if user.is_authenticated:
            may_change = await user.ahas_perm("books.change_book")
            return Visitor(user, sees_jobs=await user.ahas_perm("books.view_job"), may_change=may_change)
    return Visitor()
