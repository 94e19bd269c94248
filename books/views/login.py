"""Signs people in and out with a password: by a form, or by HTTP Basic for reading apps, which have no sessions."""

import asyncio
import secrets
from collections.abc import Coroutine
from contextlib import closing
from hashlib import blake2b
from typing import Any
from weakref import WeakValueDictionary

from asgiref.sync import sync_to_async
from cachetools import TTLCache
from django.conf import settings
from django.contrib.auth import aauthenticate, alogin, alogout, get_user_model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.accounts import LoginForm
from books.models import LoginAttempts, TooManyAttempts
from books.views.base import CatalogueView, FormView
from books.views.login_redirect import (
    PENDING_FORM,
    TEMPLATE,
    asave_pending_form,
    login_page,
    safe_next_url,
    sign_in_options,
)
from books.web import ANYBODY, parsing
from books.web.authentication import BASIC_CHALLENGE, RequestUser, basic_credentials
from books.web.negotiation import HTTPError, SeeOther, error_response
from django41_example.server.threads import release

WRONG = "Wrong user name or password. A token with the scope read works as the password too."
# Checking a password takes a tenth of a second on purpose, so a correct one is remembered for ten minutes, as a digest
# keyed by this process, with the hash that it matched. A new password or a closed account ends this at once.
_KEY = secrets.token_bytes(32)
VERIFIED: TTLCache[bytes, tuple[int, str]] = TTLCache(maxsize=1000, ttl=600)


class Login(FormView):
    """The form to sign in."""

    rules = {"GET": ANYBODY, "POST": ANYBODY}

    async def get(self, request: HttpRequest) -> HttpResponse:
        if self.user.is_remote:
            return SeeOther(safe_next_url(request, request.GET.get("next", "")))
        return login_page(request, request.GET.get("next", ""))

    async def post(self, request: HttpRequest) -> HttpResponse:
        if not settings.PASSWORD_SIGN_IN:
            raise HTTPError(403, f"Passwords are switched off here. {reverse('login')} says how to sign in.")
        form, status, headers = await parsing.aform(request, LoginForm), 422, None
        next_url, pending = safe_next_url(request, form.data.get("next", "")), form.data.get(PENDING_FORM, "")
        try:
            if form.is_valid():
                check = aauthenticate(request, **form.cleaned_data)
                if user := await aattempt(request, form.cleaned_data["username"], check):
                    await alogin(request, user)
                    if pending:
                        await asave_pending_form(request, next_url, pending)
                    return SeeOther(next_url)
                form.add_error(None, "Wrong user name or password. (Capitals matter.)")
                status = 403
        except TooManyAttempts as error:
            form.add_error(None, error.detail)
            status, headers = error.status, error.headers
        context = {"next": next_url, "typed": pending, **sign_in_options(request)}
        return self.respond_again(form, TEMPLATE, status=status, headers=headers, **context)


class Logout(CatalogueView):
    """Signs out."""

    offers = ()
    rules = {"POST": ANYBODY}

    async def post(self, request: HttpRequest) -> HttpResponse:
        await alogout(request)
        return SeeOther((self.user.is_remote and settings.PROXY_LOGOUT_URL) or reverse("home"))


# Hashing keeps a core busy. Attempts at one account queue up, so that they do not delay other requests.
_hashing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def aattempt[Found](request: HttpRequest, username: str, check: Coroutine[Any, Any, Found]) -> Found:
    """The result of checking a password of this account. Raises TooManyAttempts without checking it."""
    address = request.META.get("REMOTE_ADDR", "")
    with closing(check):
        await sync_to_async(LoginAttempts.objects.begin)(username, address)
        release()
        async with _hashing.setdefault(username.casefold(), asyncio.Lock()):
            found = await check
    if found:
        await sync_to_async(LoginAttempts.objects.reset)(username, address)
    return found


class BasicAuthView(CatalogueView):
    """A view that also accepts a password by HTTP Basic, and asks for it."""

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
        """Ask for HTTP Basic: reading apps show no sign-in page, but ask for name and password then."""
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
