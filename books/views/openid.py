"""Signs people in through a provider of OpenID Connect: see books.openid.provider."""

import logging
from collections.abc import Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import alogin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.accounts import OpenIdForm
from books.models import Identity, Refused
from books.models.account import NameTaken
from books.models.lookup import LookupFailed
from books.openid import attempt as attempts
from books.openid import provider
from books.views.accounts import NO_STORE
from books.views.base import CatalogueView
from books.views.login import aattempt
from books.views.login_redirect import asave_pending_form, login_page, safe_next_url
from books.web import ANYBODY, HTML, HTTPError, SeeOther, page, parsing, valid

LONGEST_NEXT = 1000  # characters, as browsers store no cookie of more than 4 KiB

UNUSABLE = "{} gave no answer that can be used. Try again in a moment. The log of this server says more."
OFF = "There is no provider of OpenID Connect here. Sign in at {}."
CLOSED = "Your account is closed. Ask the owner of this catalogue to reopen it."
TAKEN = (
    "An account here has your name already. If it is yours, sign in with its password and connect it on the page "
    "“Account”. If not, ask the owner of this catalogue for help."
)
NOT_SIGNED_IN = "You are not signed in any more. Sign in with your password, and connect your account again."

log = logging.getLogger(__name__)


class OpenIdStart(CatalogueView):
    """Sends people to the provider by a page, as `form-action` forbids that a form redirects to another site."""

    offers = (HTML,)
    rules = {"POST": ANYBODY}

    async def post(self, request: HttpRequest) -> HttpResponse:
        require_provider()
        sent, account = valid(await parsing.aform(request, OpenIdForm), 422).cleaned_data, self.user.account
        next_url = safe_next_url(request, sent["next"] if len(sent["next"]) <= LONGEST_NEXT else "")
        connect = account.pk if account and sent["connect"] else None
        attempt = attempts.new(next=next_url, invitation=sent["secret"], connect=connect)
        try:
            url = await provider.aauthorization_url(attempt, redirect_uri(request))
        except LookupFailed as error:
            log.warning("nobody can sign in: %s", error)
            return login_page(request, next_url, failure=UNUSABLE.format(settings.OIDC_NAME), status=502)
        if sent["typed"]:
            await asave_pending_form(request, next_url, sent["typed"])
        context = {"url": url, "provider": settings.OIDC_NAME}
        response = page(request, "accounts/openid.html", context, headers=NO_STORE)
        attempts.keep(attempt, response)
        return response


class OpenIdCallback(CatalogueView):
    """Signs people in when the provider sends them back. By the standard this is a GET."""

    offers = (HTML,)
    rules = {"GET": ANYBODY}

    async def get(self, request: HttpRequest) -> HttpResponse:
        require_provider()
        attempt: dict[str, Any] = {}
        try:
            attempt |= attempts.find(request)
            claims = await self._claims(attempt)
            await self._use(attempt, claims)
        except (HTTPError, Refused) as error:
            next_url, why, headers = attempt.get("next", ""), error.detail, error.headers
            response = login_page(request, next_url, failure=why, status=error.status, headers=headers)
        else:
            response = SeeOther(reverse("account") if attempt["connect"] else safe_next_url(request, attempt["next"]))
        attempts.forget(response)
        response.headers["Cache-Control"] = NO_STORE["Cache-Control"]
        return response

    async def _claims(self, attempt: Mapping[str, Any]) -> provider.Claims:
        """The provider's claims about the person who comes back."""
        code = self.request.GET.get("code", "")
        if not code:
            error = self.request.GET.get("error", "")
            log.warning("%s signs nobody in: %r", settings.OIDC_NAME, error)
            raise HTTPError(403, f"{settings.OIDC_NAME} did not sign you in. Try again, or ask who runs it.")
        asking = provider.aclaims(attempt, code, redirect_uri(self.request))
        try:
            return await aattempt(self.request, f"openid {attempt['state']}", asking)
        except LookupFailed as error:
            log.warning("nobody is signed in: %s", error)
            raise HTTPError(502, UNUSABLE.format(settings.OIDC_NAME)) from None

    async def _use(self, attempt: Mapping[str, Any], claims: provider.Claims) -> None:
        """Sign in, or connect the account of somebody who is already signed in."""
        if attempt["connect"]:
            await self._connect(attempt["connect"], claims)
            return
        try:
            user = await sync_to_async(Identity.objects.sign_in)(claims, attempt["invitation"])
        except NameTaken as error:
            raise HTTPError(error.status, TAKEN) from None
        if not user.is_active:
            raise HTTPError(403, CLOSED)
        await alogin(self.request, user)

    async def _connect(self, account: int, claims: provider.Claims) -> None:
        if self.user.token or self.user.account is None or self.user.account.pk != account:
            raise HTTPError(403, NOT_SIGNED_IN)
        await sync_to_async(Identity.objects.connect)(claims, self.user.account)
        messages.success(self.request, f"You can sign in with {settings.OIDC_NAME} now.")


def require_provider() -> None:
    if not settings.OIDC_ISSUER:
        raise HTTPError(404, OFF.format(reverse("login")))


def redirect_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("openid_callback"))
