import asyncio
from collections.abc import Coroutine
from contextlib import closing
from typing import Any
from weakref import WeakValueDictionary

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import aauthenticate, alogin, alogout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.accounts import LoginForm
from books.models import LoginAttempts, TooManyAttempts
from books.views.base import CatalogueView
from books.views.login_redirect import (
    PENDING_FORM,
    TEMPLATE,
    asave_pending_form,
    login_page,
    safe_next_url,
    sign_in_options,
)
from books.web import parsing
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther
from books.web.permissions import ANYBODY
from django41_example.server.threads import release


class Login(CatalogueView):
    """The form to sign in."""

    offers = {"GET": (HTML,), "POST": (JSON, HTML)}
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
            form.add_error(None, str(error))
            status, headers = 429, error.headers()
        context = {"next": next_url, "typed": pending, **sign_in_options(request)}
        return self.respond_again(form, TEMPLATE, status=status, headers=headers, **context)


class Logout(CatalogueView):
    """Signs out."""

    offers = ()
    rules = {"POST": ANYBODY}

    async def post(self, request: HttpRequest) -> HttpResponse:
        await alogout(request)
        return SeeOther((self.user.is_remote and settings.PROXY_LOGOUT_URL) or reverse("home"))


# Hashing keeps a core busy: several attempts at one account queue up for it, and delay no other request.
_hashing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def aattempt[Found](request: HttpRequest, username: str, check: Coroutine[Any, Any, Found]) -> Found:
    """What checking a password of this account gives. Raises TooManyAttempts without checking it."""
    address = request.META.get("REMOTE_ADDR", "")
    with closing(check):
        await sync_to_async(LoginAttempts.objects.begin)(username, address)
        release()
        async with _hashing.setdefault(username.casefold(), asyncio.Lock()):
            found = await check
    if found:
        await sync_to_async(LoginAttempts.objects.reset)(username, address)
    return found
